import { bits, integer, octets, oid, sequence, set, tagged, utcTime, utf8, yes } from "./der.ts";

/** A certificate authority made for one run, and a server certificate by it. All PEM. The key is a secret. */
export interface Certificates {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

const day = 24 * 60 * 60 * 1000;
const ecdsa = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const ecdsaWithSha256 = sequence(oid("1.2.840.10045.4.3.2"));

/**
 * Makes an authority and a certificate for `127.0.0.1` and `localhost`, valid from a day before `now` (milliseconds since 1970) for
 * a year. The authority's key is dropped at once: nothing else can ever be signed by it.
 */
export async function makeCertificates(now: number): Promise<Certificates> {
  const [authority, server] = await Promise.all([newKeys(), newKeys()]);
  const [ca, cert, pkcs8] = await Promise.all([
    certificate({
      subject: "berth sandbox CA",
      keys: authority,
      signer: authority.privateKey,
      now,
      extensions: authorityExtensions,
    }),
    certificate({
      subject: "berth sandbox",
      keys: server,
      signer: authority.privateKey,
      now,
      extensions: serverExtensions,
    }),
    crypto.subtle.exportKey("pkcs8", server.privateKey),
  ]);
  return { ca: pem("CERTIFICATE", ca), cert: pem("CERTIFICATE", cert), key: pem("PRIVATE KEY", new Uint8Array(pkcs8)) };
}

function newKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(ecdsa, true, ["sign", "verify"]);
}

const authorityExtensions: readonly Uint8Array[] = [
  sequence(oid("2.5.29.19"), yes(), octets(sequence(yes()))),
  // keyUsage: keyCertSign, cRLSign.
  sequence(oid("2.5.29.15"), yes(), octets(bits(Uint8Array.of(0x06), 1))),
];

const serverExtensions: readonly Uint8Array[] = [
  // keyUsage: digitalSignature. extKeyUsage: serverAuth.
  sequence(oid("2.5.29.15"), yes(), octets(bits(Uint8Array.of(0x80), 7))),
  sequence(oid("2.5.29.37"), octets(sequence(oid("1.3.6.1.5.5.7.3.1")))),
  // subjectAltName: iPAddress 127.0.0.1, dNSName localhost.
  sequence(
    oid("2.5.29.17"),
    octets(sequence(tagged(0x87, Uint8Array.of(127, 0, 0, 1)), tagged(0x82, new TextEncoder().encode("localhost")))),
  ),
];

async function certificate(of: {
  readonly subject: string;
  readonly keys: CryptoKeyPair;
  readonly signer: CryptoKey;
  readonly now: number;
  readonly extensions: readonly Uint8Array[];
}): Promise<Uint8Array> {
  const serial = crypto.getRandomValues(new Uint8Array(16));
  const publicKey = new Uint8Array(await crypto.subtle.exportKey("spki", of.keys.publicKey));
  const body = sequence(
    tagged(0xa0, integer(Uint8Array.of(2))),
    integer(serial),
    ecdsaWithSha256,
    commonName("berth sandbox CA"),
    sequence(utcTime(of.now - day), utcTime(of.now + 365 * day)),
    commonName(of.subject),
    publicKey,
    tagged(0xa3, sequence(...of.extensions)),
  );
  const signature = new Uint8Array(await crypto.subtle.sign(ecdsa, of.signer, body));
  // WebCrypto gives r and s side by side; X.509 wants them as a SEQUENCE of two INTEGERs (RFC 3279, 2.2.3).
  const inDer = sequence(integer(signature.subarray(0, 32)), integer(signature.subarray(32)));
  return sequence(body, ecdsaWithSha256, bits(inDer));
}

function commonName(name: string): Uint8Array {
  return sequence(set(sequence(oid("2.5.4.3"), utf8(name))));
}

function pem(label: string, der: Uint8Array): string {
  const lines = btoa(String.fromCharCode(...der)).match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

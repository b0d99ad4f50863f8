import { Buffer } from "node:buffer";
import { constants, createInflate, type Inflate } from "node:zlib";
import { decodePairs, type Headers } from "../kube/spdy/headers.ts";
import { StreamError } from "../model/stream.ts";

/**
 * The SPDY/3 dictionary (draft 3.1, section 2.6.10.1): words, each with its length before it as 32 bits, and then one text. Clients
 * compress with it: kubectl does.
 */
const words = (
  "options|head|post|put|delete|trace|accept|accept-charset|accept-encoding|accept-language|accept-ranges|age|allow" +
  "|authorization|cache-control|connection|content-base|content-encoding|content-language|content-length|content-lo" +
  "cation|content-md5|content-range|content-type|date|etag|expect|expires|from|host|if-match|if-modified-since|if-n" +
  "one-match|if-range|if-unmodified-since|last-modified|location|max-forwards|pragma|proxy-authenticate|proxy-autho" +
  "rization|range|referer|retry-after|server|te|trailer|transfer-encoding|upgrade|user-agent|vary|via|warning|www-a" +
  "uthenticate|method|get|status|200 OK|version|HTTP/1.1|url|public|set-cookie|keep-alive|origin"
).split("|");
const text =
  "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505203 Non-Authoritative " +
  "Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden404 Not Found500 Inter" +
  "nal Server Error501 Not Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00" +
  ":00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,application/xml,applic" +
  "ation/xhtml+xml,text/plain,text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1" +
  ",utf-,*,enq=0.";

function dictionary(): Uint8Array {
  const encoder = new TextEncoder();
  const parts = words.flatMap((word) => [0, 0, 0, word.length, ...encoder.encode(word)]);
  return Uint8Array.from([...parts, ...encoder.encode(text)]);
}

/** Decodes the header blocks of one direction of one connection: they are one zlib stream, so in the order in which they came. */
export class HeaderBlockDecoder {
  readonly #inflate: Inflate;
  #out: Uint8Array[] = [];
  #failure: Error | null = null;
  #fail: (error: Error) => void = () => {};

  constructor() {
    this.#inflate = createInflate({ dictionary: dictionary(), finishFlush: constants.Z_SYNC_FLUSH });
    this.#inflate.on("data", (bytes: Uint8Array) => this.#out.push(bytes));
    this.#inflate.on("error", (error: Error) => {
      this.#failure = error;
      this.#fail(error);
    });
  }

  /** The headers of the next block. Rejects with `StreamError("protocol")` when it is none. One call at a time. */
  async decode(block: Uint8Array): Promise<Headers> {
    const done = Promise.withResolvers<void>();
    this.#fail = done.reject;
    try {
      if (this.#failure !== null) throw this.#failure;
      this.#inflate.write(block, () => this.#inflate.flush(constants.Z_SYNC_FLUSH, () => done.resolve()));
      await done.promise;
    } catch (error) {
      throw new StreamError("protocol", "a header block is not zlib", { cause: error });
    }
    return decodePairs(Buffer.concat(this.#out.splice(0)));
  }

  /** Frees the decompressor. */
  close(): void {
    this.#inflate.destroy();
  }
}

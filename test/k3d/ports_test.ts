import assert from "node:assert/strict";
import { bindingName, bindingsClash, bindingsOf, formatPortSpec, parsePortSpec } from "../../src/model/k3d_ports.ts";
import { ports } from "../resources/k3d_world.ts";

Deno.test("k3d's port syntax, all ways to write it", () => {
  for (
    const [text, formatted, names] of [
      ["8080:80@loadbalancer", "8080:80@loadbalancer", ["8080-80-tcp"]],
      ["80", "80", ["random-80-tcp"]],
      ["8080:80/UDP@server:0", "8080:80/udp@server:0", ["8080-80-udp"]],
      ["127.0.0.1:8080:80@servers:0", "127.0.0.1:8080:80@server:0", ["127.0.0.1:8080-80-tcp"]],
      ["127.0.0.1::80@agent:*", "127.0.0.1::80@agent:*", ["127.0.0.1:random-80-tcp"]],
      ["[::1]:8080:80@server:0", "[::1]:8080:80@server:0", ["[::1]:8080-80-tcp"]],
      ["9000-9001:30800-30801@server:0,1:direct", "9000-9001:30800-30801@server:0,1:direct", [
        "9000-30800-tcp",
        "9001-30801-tcp",
      ]],
      ["8000-8010:80@server:0-2;agent:0", "8000-8010:80@server:0,1,2;agent:0", ["8000-8010-80-tcp"]],
      ["30800-30801", "30800-30801", ["random-30800-tcp", "random-30801-tcp"]],
    ] as const
  ) {
    const spec = ports(text)[0];
    assert.ok(spec !== undefined);
    assert.equal(formatPortSpec(spec), formatted);
    assert.deepEqual(bindingsOf(spec).map(bindingName), names);
  }
});

Deno.test("what is no port flag is said so, in words", () => {
  for (
    const [text, words] of [
      ["", /write it as/],
      ["8080:80:90:100", /write it as|no host port|no IP/],
      ["8080:70000@server:0", /'70000' is no container port/],
      ["99999:80", /'99999' is no host port/],
      ["8080-8090:80-85", /11 host ports do not fit 6 container ports/],
      ["300.1.1.1:8080:80", /no IP address/],
      ["8080:80/icmp", /no protocol/],
      ["8080:80@master:0", /no node filter/],
      ["8080:80@server", /no node filter/],
      ["8080:80@a@b", /only one '@'/],
    ] as const
  ) {
    const parsed = parsePortSpec(text);
    assert.ok(!parsed.ok, text);
    assert.match(parsed.problem, words, text);
  }
});

Deno.test("which bindings are in each other's way", () => {
  const one = (text: string) => bindingsOf(ports(text)[0] ?? ports("1")[0] ?? assert.fail())[0] ?? assert.fail();
  assert.ok(bindingsClash(one("8080:80"), one("127.0.0.1:8080:81")));
  assert.ok(bindingsClash(one("0.0.0.0:8080:80"), one("8080:80")));
  assert.ok(!bindingsClash(one("127.0.0.1:8080:80"), one("127.0.0.2:8080:80")));
  assert.ok(!bindingsClash(one("8080:80"), one("8080:80/udp")));
  assert.ok(!bindingsClash(one("80"), one("80")));
});

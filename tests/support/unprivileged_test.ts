import { assertEquals, assertNotEquals, assertThrows } from "./assert.ts";
import { findUnprivilegedUser } from "./unprivileged.ts";

async function withPasswd(text: string, work: (path: string) => void): Promise<void> {
  const path = await Deno.makeTempFile();
  await Deno.writeTextFile(path, text);
  work(path);
  await Deno.remove(path);
}

const ROOT = "root:x:0:0:root:/root:/bin/bash\n";
const NOBODY = "nobody:x:65534:65533::/nonexistent:/usr/sbin/nologin\n";
const POSTGRES = "postgres:x:106:110::/var/lib/postgresql:/bin/bash\n";

Deno.test("servers of tests run as postgres, else nobody, and need no program for that", async () => {
  await withPasswd(ROOT + NOBODY + POSTGRES, (passwd) => {
    assertEquals(findUnprivilegedUser(true, passwd), { uid: 106, gid: 110 });
    assertEquals(findUnprivilegedUser(false, passwd), null);
  });
  await withPasswd(ROOT + NOBODY, (passwd) => {
    assertEquals(findUnprivilegedUser(true, passwd), { uid: 65534, gid: 65533 });
  });
  await withPasswd(ROOT, (passwd) => {
    assertThrows(() => findUnprivilegedUser(true, passwd), Error, "postgres, nobody");
  });
});

Deno.test("a command really runs as that user", async () => {
  const { stdout } = await new Deno.Command("id", { args: ["-u"], ...findUnprivilegedUser() })
    .output();
  assertNotEquals(new TextDecoder().decode(stdout).trim(), "0");
});

import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, extname, join } from "node:path";
import { test } from "node:test";
import { chromium } from "playwright-core";
import { ProfileFrame } from "../../kernel/dataframe/profile-frame.js";
import { CHROMIUM } from "../helpers/jupyterlab.js";
import { byName, functionTotals, richProfile } from "../helpers/profile-files.js";

const RELEASE = dirname(createRequire(import.meta.url).resolve("speedscope/dist/release/index.html"));
const TYPES: Record<string, string> = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };

/** speedscope's own files and one profile, on loopback. */
async function serve(profile: string) {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    const file = join(RELEASE, path === "/" ? "index.html" : path);
    const content = path === "/profile.json" ? profile : existsSync(file) ? readFileSync(file) : undefined;
    response.writeHead(content === undefined ? 404 : 200, {
      "content-type": TYPES[extname(file)] ?? "application/json",
    });
    response.end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** `1.00ms (25%)` as milliseconds. */
function ms(text: string): number {
  const [, value, unit] = /([\d.]+)\s*(ns|µs|ms|s)\b/.exec(text) ?? [];
  return Math.round(Number(value) * { ns: 1e-6, µs: 1e-3, ms: 1, s: 1e3 }[unit]!);
}

test("speedscope's viewer shows our profile, with the numbers that we have", async () => {
  const frame = ProfileFrame.fromProfile(richProfile());
  const { server, url } = await serve(frame.toSpeedscope());
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage({ viewport: { width: 1200, height: 700 } });
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    await page.goto(`${url}/#profileURL=${encodeURIComponent(`${url}/profile.json`)}`);
    await page.getByText("web server (pid 5, tid 7) (1/3)").waitFor();
    await page.getByText("Sandwich").click();
    const rows = page.locator("table tr");
    await rows.filter({ hasText: "innermost" }).first().waitFor();
    const shown = new Map<string, [number, number]>();
    for (const row of await rows.all()) {
      const cells = await row.locator("td").allTextContents();
      if (cells[0]?.includes("%")) shown.set(cells[2].trim(), [ms(cells[1]), ms(cells[0])]);
    }
    // One sample is a millisecond here.
    assert.deepEqual(byName(shown), byName(functionTotals(frame.query((row) => row.tid === 7))));
    assert.deepEqual(errors, []);
    const picture = join(mkdtempSync(join(tmpdir(), "speedscope-")), "picture.png");
    await page.screenshot({ path: picture });
    assert.ok(readFileSync(picture).length > 10_000);
  } finally {
    await browser.close();
    server.close();
  }
});

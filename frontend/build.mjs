// Bundle the cards into the integration. `--check` only says whether the bundle follows the sources; `--test` bundles
// the tests.
import { build } from "esbuild";
import { readFile, readdir, writeFile } from "node:fs/promises";

const TARGET = "../custom_components/hearthward/frontend/hearthward-cards.js";

const common = { bundle: true, format: "esm", target: "es2022", charset: "utf8", logLevel: "warning" };

if (process.argv.includes("--test")) {
  const tests = (await readdir("test")).filter((name) => name.endsWith(".test.ts"));
  await build({
    ...common,
    entryPoints: tests.map((name) => `test/${name}`),
    outdir: ".build",
    platform: "node",
    outExtension: { ".js": ".mjs" },
  });
} else {
  const result = await build({
    ...common,
    entryPoints: ["src/index.ts"],
    minify: true,
    legalComments: "inline",
    write: false,
  });
  const bundle = result.outputFiles[0].text;
  if (!process.argv.includes("--check")) {
    await writeFile(TARGET, bundle);
  } else if (bundle !== (await readFile(TARGET, "utf8").catch(() => ""))) {
    console.error("The bundle does not follow frontend/src: run `npm run build` in frontend/");
    process.exit(1);
  }
}

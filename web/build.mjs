// Builds the page into src/ardugate/dashboard/ (or the folder given), the tests into build/tests/ with --tests, or the
// npm package into build/ardugate/ (or the folder given) with --package.
// Called by `npm run build`, `npm test` and by hatch_build.py whenever the package is built.
import { build, transform } from "esbuild";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { minify } from "terser";

const web = dirname(fileURLToPath(import.meta.url));
const common = {
  absWorkingDir: web,
  bundle: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  logLevel: "warning",
};

/** Bundles each test file by itself, for node's own test runner. */
async function buildTests() {
  const outdir = join(web, "build/tests");
  await rm(outdir, { recursive: true, force: true });
  const names = (await readdir(join(web, "tests"))).filter((name) => name.endsWith(".test.ts"));
  await build({
    ...common,
    entryPoints: names.map((name) => `tests/${name}`),
    outdir,
    outExtension: { ".js": ".mjs" },
    platform: "node",
    sourcemap: "inline",
  });
}

/** The components use the client that is beside them: a page that imports both has it once. */
const clientBeside = {
  name: "client-beside",
  setup(build) {
    build.onResolve({ filter: /\/ardugate\.js$/ }, ({ path }) => ({ path, external: true }));
  },
};

/**
 * The dashboard's colours and fonts for components elsewhere: page.css's tokens on their host. Which of two colours it is
 * follows the page's own `color-scheme`, and `--ard-accent` may be the page's own.
 */
const pageTokens = {
  name: "page-tokens",
  setup(build) {
    build.onResolve({ filter: /^page-tokens$/ }, ({ path }) => ({ path, namespace: "page-tokens" }));
    build.onLoad({ filter: /.*/, namespace: "page-tokens" }, async () => {
      const page = await readFile(join(web, "src/page.css"), "utf8");
      const [light, dark] = [/^:root \{([^}]*)\}/m, /^:root\[data-theme="dark"\] \{([^}]*)\}/m].map(
        (block) => new Map([...block.exec(page)[1].matchAll(/(--[\w-]+): ([^;]+);/g)].map(([, name, value]) => [name, value])),
      );
      const lines = [...light].map(([name, value]) => {
        const either = value.startsWith("#") && dark.has(name) ? `light-dark(${value}, ${dark.get(name)})` : value;
        return `${name}: ${name === "--accent" ? `var(--ard-accent, ${either})` : either};`;
      });
      return { contents: `export const tokens = ${JSON.stringify(`:host { ${lines.join(" ")} }`)};`, resolveDir: web };
    });
  },
};

/** Bundles what pages of one's own import: the client, which depends on nothing, and the components. */
async function buildLibrary(outdir) {
  const options = { ...common, outdir, minify: true, legalComments: "linked" };
  await build({ ...options, entryPoints: { ardugate: "src/lib/ardugate.ts" } });
  await build({ ...options, entryPoints: { "ardugate-elements": "src/lib/ardugate-elements.ts" }, plugins: [clientBeside, pageTokens] });
}

/** Puts together what `npm publish` takes. */
async function buildPackage(outdir) {
  await rm(outdir, { recursive: true, force: true });
  await cp(join(web, "packages/ardugate"), outdir, { recursive: true });
  await cp(join(web, "../LICENSE"), join(outdir, "LICENSE"));
  // Types alone: it is its own declaration.
  await cp(join(web, "src/shapes.ts"), join(outdir, "shapes.d.ts"));
  await buildLibrary(outdir);
}

/** Styles and elements in templates are written for who reads the source; the page's reader need not load that. */
const templates = {
  name: "templates",
  setup(build) {
    build.onLoad({ filter: /src\/(elements|lib)\/.*\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      const styles = /css`([^`$]*)`/g;
      const small = [];
      for (const [, style] of source.matchAll(styles)) small.push((await transform(style, { loader: "css", minify: true, target: "es2022" })).code.trim());
      const contents = source.replaceAll(styles, () => `css\`${small.shift().replaceAll("\\", "\\\\")}\``).replaceAll(/\n[ \t]+/g, "\n");
      return { contents, loader: "ts" };
    });
  },
};

/** Bundles the page. Nothing in it is inline, so that it works under a strict content security policy. */
async function buildPage(outdir) {
  const assets = join(outdir, "assets");
  await rm(outdir, { recursive: true, force: true });
  await mkdir(assets, { recursive: true });
  await build({
    ...common,
    entryPoints: { dashboard: "src/main.ts", page: "src/page.css" },
    outdir: assets,
    minify: true,
    // Our elements' own methods, and those of uqr; three of Lit's are called so too.
    mangleProps: /^(render|finder)[A-Z]/,
    reserveProps: /^render(Root|Options|Before)$/,
    // The licences of what is bundled go beside it, and a line in each file names them.
    legalComments: "linked",
    plugins: [templates],
    loader: { ".woff2": "file" },
    assetNames: "[name]",
  });
  await buildLibrary(join(outdir, "lib"));
  // A second look takes 3 % off what is loaded: esbuild looks at each expression once. What is shorter only until it is
  // compressed is left out.
  const script = join(assets, "dashboard.js");
  const { code } = await minify(await readFile(script, "utf8"), {
    module: true,
    ecma: 2020,
    compress: { passes: 3, keep_fargs: false, reduce_funcs: false, lhs_constants: false, inline: 1 },
  });
  await writeFile(script, code);
  await cp(join(web, "static/index.html"), join(outdir, "index.html"));
  await cp(join(web, "static/favicon.svg"), join(assets, "favicon.svg"));
  await cp(join(web, "node_modules/uqr/LICENSE"), join(assets, "uqr.LICENSE.txt"));
  await cp(join(web, "node_modules/@fontsource-variable/geist/LICENSE"), join(assets, "geist.LICENSE.txt"));
}

const [argument, folder] = process.argv.slice(2);
if (argument === "--tests") await buildTests();
else if (argument === "--package") await buildPackage(folder ?? join(web, "build/ardugate"));
else await buildPage(argument ?? join(web, "../src/ardugate/dashboard"));

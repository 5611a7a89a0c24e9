// Writes the files that are generated from the configuration's schema and from the tables of the command
// line, and the dashboards.

import { mkdirSync, writeFileSync } from "node:fs";

import { TABLES } from "../src/cli/commands.ts";
import { SHELLS } from "../src/cli/completion/scripts.ts";
import { manPage } from "../src/cli/man-page.ts";
import { renderExample, renderReference } from "../src/config/reference.ts";
import { VERSION } from "../src/version.ts";
import { grafanaDashboards } from "./grafana-dashboards.ts";

const path = (name: string): URL => new URL(`../${name}`, import.meta.url);

writeFileSync(path("agent.toml.example"), renderExample());
writeFileSync(path("docs/configuration.md"), renderReference());
writeFileSync(path("docs/acct-agent.1"), manPage(TABLES, VERSION));
mkdirSync(path("deploy/completion"), { recursive: true });
for (const { file, script } of Object.values(SHELLS)) writeFileSync(path(`deploy/completion/${file}`), script(TABLES));
for (const [file, text] of grafanaDashboards()) writeFileSync(path(`deploy/grafana/${file}`), text);

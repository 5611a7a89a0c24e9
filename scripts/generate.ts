// Writes the files that are generated from the configuration's schema.

import { writeFileSync } from "node:fs";

import { renderExample, renderReference } from "../src/config/reference.ts";

writeFileSync(new URL("../agent.toml.example", import.meta.url), renderExample());
writeFileSync(new URL("../docs/configuration.md", import.meta.url), renderReference());

// A part of a page under a heading of its own.

import { type Content, markup, type Markup } from "../../billing/html/markup.ts";

export interface Section {
  /** Unique in the document, and no text of others. */
  readonly id: string;
  readonly title: Content;
  /** Beside the heading, muted. */
  readonly aside?: Content;
  readonly content: Content;
}

export function section({ id, title, aside, content }: Section): Markup {
  return markup`<section id="${id}" aria-labelledby="${id}-heading">
<div class="head"><h2 id="${id}-heading">${title}</h2>${aside !== undefined && markup`<p>${aside}</p>`}</div>
${content}
</section>
`;
}

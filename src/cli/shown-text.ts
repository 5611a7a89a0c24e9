// The last stop before a terminal: whatever a configuration, a file's name or the network has put into a text, no control of
// it steers the terminal. What goes to a file or to another program stays as it is.

import { harmless } from "../lib/harmless-text.ts";

/** The text as it is to be written to a stream; lines and tabs stay. */
export function shownOn(stream: { readonly isTTY: boolean }, text: string): string {
  if (!stream.isTTY) return text;
  return text.replace(/[^\r\n\t]+|\r(?!\n)/g, harmless);
}

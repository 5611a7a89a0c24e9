// The one error of reading capture files: a file that is not what it should be, said in one line for a user.

/** The message names the file, the place and the fix: lower-case, one line, no stack trace needed. */
export class CaptureFileError extends Error {
  override readonly name = "CaptureFileError";
}

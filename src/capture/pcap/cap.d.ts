// The part of the npm package `cap` 0.2 that is used here.

declare module "cap" {
  export interface Cap {
    /** Opens a device with a capture filter ("" for none) and returns the name of its link type. Throws libpcap's error. */
    open(device: string, filter: string, bufferBytes: number, buffer: Buffer): string;
    /** Called with the captured length for each packet, which is in the buffer until the call returns. */
    on(event: "packet", listener: (length: number, truncated: boolean) => void): this;
    close(): void;
  }
  const addon: { readonly Cap: new () => Cap };
  export default addon;
}

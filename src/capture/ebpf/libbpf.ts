// libbpf.so.1 and the few system calls around it, as plain functions. Each returns what C returns: negative errno on
// failure. Loaded at first use, so that an agent that captures otherwise does not need the library.

import koffi from "koffi";
import { KernelError } from "./kernel-error.ts";

const LIBRARY = "libbpf.so.1";
const PROTOTYPES = {
  libbpf_set_print: "void *libbpf_set_print(void *print)",
  libbpf_num_possible_cpus: "int libbpf_num_possible_cpus()",
  bpf_object__open_mem: "void *bpf_object__open_mem(void *bytes, size_t size, void *options)",
  bpf_object__load: "int bpf_object__load(void *object)",
  bpf_object__close: "void bpf_object__close(void *object)",
  bpf_object__find_map_by_name: "void *bpf_object__find_map_by_name(void *object, str name)",
  bpf_object__find_program_by_name: "void *bpf_object__find_program_by_name(void *object, str name)",
  bpf_map__fd: "int bpf_map__fd(void *map)",
  bpf_map__set_max_entries: "int bpf_map__set_max_entries(void *map, uint32_t entries)",
  bpf_map__set_value_size: "int bpf_map__set_value_size(void *map, uint32_t size)",
  bpf_map__set_initial_value: "int bpf_map__set_initial_value(void *map, void *data, size_t size)",
  bpf_program__fd: "int bpf_program__fd(void *program)",
  bpf_program__set_autoload: "int bpf_program__set_autoload(void *program, bool autoload)",
  bpf_map_lookup_elem: "int bpf_map_lookup_elem(int fd, void *key, void *value)",
  bpf_map_update_elem: "int bpf_map_update_elem(int fd, void *key, void *value, uint64_t flags)",
  bpf_map_lookup_batch:
    "int bpf_map_lookup_batch(int fd, void *from, void *next, void *keys, void *values, void *count, void *options)",
  bpf_map_update_batch: "int bpf_map_update_batch(int fd, void *keys, void *values, void *count, void *options)",
  bpf_map_delete_batch: "int bpf_map_delete_batch(int fd, void *keys, void *count, void *options)",
  bpf_obj_pin: "int bpf_obj_pin(int fd, str path)",
  bpf_obj_get: "int bpf_obj_get(str path)",
  bpf_obj_get_info_by_fd: "int bpf_obj_get_info_by_fd(int fd, void *info, void *length)",
  bpf_link_create: "int bpf_link_create(int program, int target, int type, void *options)",
  bpf_link_update: "int bpf_link_update(int link, int program, void *options)",
} as const;

type KoffiFunction = ReturnType<ReturnType<typeof koffi.load>["func"]>;
type Libbpf = { readonly [Name in keyof typeof PROTOTYPES]: KoffiFunction };

let loaded: Libbpf | null = null;

/** Throws KernelError where the library is not installed. */
export function libbpf(): Libbpf {
  return (loaded ??= load());
}

/** Calls a function in koffi's pool of threads: the event loop goes on. What it is given must stay as it is meanwhile. */
export function inThread(call: KoffiFunction, ...values: readonly unknown[]): Promise<number> {
  return new Promise((resolve, reject) => {
    call.async(...values, (error: Error | null, result: number) => (error ? reject(error) : resolve(result)));
  });
}

function load(): Libbpf {
  let library: ReturnType<typeof koffi.load>;
  try {
    library = koffi.load(LIBRARY);
  } catch {
    throw new KernelError(`${LIBRARY} is not installed`, 0, "Debian package libbpf1");
  }
  const functions = Object.entries(PROTOTYPES).map(([name, prototype]) => [name, library.func(prototype)]);
  const api: Libbpf = Object.fromEntries(functions);
  // By default it writes to standard error, which is the log.
  api.libbpf_set_print(null);
  return api;
}

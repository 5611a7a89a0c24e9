"""Runs a command on a pseudo terminal: terminal.py COLUMNS ROWS COMMAND... What it writes goes to standard output as it is.
Lines of JSON on standard input: {"keys": TEXT}, {"size": [COLUMNS, ROWS]}, {"signal": NUMBER}, {"hang_up": true},
which takes the terminal away. Ends as the command does."""

import fcntl, json, os, pty, select, struct, sys, termios


def resize(terminal, columns, rows):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def obey(order, child, terminal):
    if "keys" in order:
        os.write(terminal, order["keys"].encode())
    if "size" in order:
        resize(terminal, *order["size"])
    if "signal" in order:
        os.kill(child, order["signal"])


def relay(child, terminal):
    waiting, orders = [terminal, 0], b""
    while True:
        for ready in select.select(waiting, [], [])[0]:
            try:
                data = os.read(ready, 65536)
            except OSError:  # EIO: the command has ended
                data = b""
            if ready == terminal:
                if not data:
                    return
                os.write(1, data)
            elif not data:
                waiting.remove(0)
            else:
                *lines, orders = (orders + data).split(b"\n")
                for order in map(json.loads, lines):
                    if "hang_up" in order:
                        return os.close(terminal)
                    obey(order, child, terminal)


ready_read, ready_write = os.pipe()
child, terminal = pty.fork()
if child == 0:
    os.read(ready_read, 1)  # the size is known from the beginning
    os.execvp(sys.argv[3], sys.argv[3:])
resize(terminal, int(sys.argv[1]), int(sys.argv[2]))
os.write(ready_write, b".")
relay(child, terminal)
status = os.waitpid(child, 0)[1]
sys.exit(128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))

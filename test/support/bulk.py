# Bulk transfers through the kernel's own TCP and UDP, so that segmentation offload has something to do. See bulk.ts.

import socket
import struct
import sys
import time

UDP_SEGMENT = 103
SOL_PACKET, PACKET_VNET_HDR, PACKET_QDISC_BYPASS = 263, 15, 20
PORT = 5001
# In flight at most, so that no queue on the way overflows.
WINDOW_BYTES = 300_000


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def receive(connection):
    total = 0
    while block := connection.recv(1 << 20):
        total += len(block)
    return total


def tcp_serve(address, reply_bytes):
    """Accepts one connection, reads it to its end, answers."""
    listener = socket.socket(family_of(address), socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WINDOW_BYTES)
    listener.bind((address, PORT))
    listener.listen()
    print("ready", flush=True)
    connection, _ = listener.accept()
    total = receive(connection)
    connection.sendall(bytes(reply_bytes))
    connection.close()
    print(total, flush=True)


def tcp_send(address, send_bytes):
    connection = socket.socket(family_of(address), socket.SOCK_STREAM)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WINDOW_BYTES)
    connection.connect((address, PORT))
    block = bytes(1 << 20)
    for left in range(send_bytes, 0, -len(block)):
        connection.sendall(block[: min(left, len(block))])
    connection.shutdown(socket.SHUT_WR)
    print(receive(connection), flush=True)


def udp_gso(address, size, payload, count):
    """Datagrams of `size` bytes, handed to the kernel `payload` bytes at a time."""
    sender = socket.socket(family_of(address), socket.SOCK_DGRAM)
    sender.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, size)
    for _ in range(count):
        sender.sendto(bytes(payload), (address, PORT))
        time.sleep(0.002)


def guest_gso(interface, frame_hex, gso_type, headers, gso_size, csum, payload, count):
    """Frames as a virtual machine hands them over: unsegmented, and nobody has counted their segments."""
    sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    sender.bind((interface, 0))
    sender.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    csum_start, csum_offset = csum
    # struct virtio_net_hdr, little-endian here: flags 1 asks for the checksum, which GSO needs.
    header = struct.pack("<BBHHHH", 1, gso_type, headers, gso_size, csum_start, csum_offset)
    for _ in range(count):
        sender.send(header + bytes.fromhex(frame_hex) + bytes(payload))


def big_packets(interface, max_bytes):
    """Lets the interface send and merge packets of up to so many bytes, IPv4 too, which Debian 12's ip cannot say."""
    # linux/if_link.h: IFLA_GSO_MAX_SIZE, IFLA_GRO_MAX_SIZE, IFLA_GSO_IPV4_MAX_SIZE, IFLA_GRO_IPV4_MAX_SIZE.
    attributes = b"".join(struct.pack("=HHI", 8, kind, max_bytes) for kind in (41, 58, 63, 64))
    link = struct.pack("=BxHiII", socket.AF_UNSPEC, 0, socket.if_nametoindex(interface), 0, 0)
    # struct nlmsghdr: RTM_NEWLINK with NLM_F_REQUEST and NLM_F_ACK.
    header = struct.pack("=IHHII", 16 + len(link) + len(attributes), 16, 5, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as netlink:
        netlink.send(header + link + attributes)
        (error,) = struct.unpack_from("=i", netlink.recv(4096), 16)
    if error:
        sys.exit(f"bulk.py: packets of {max_bytes} bytes on {interface}: errno {-error}")


command, *arguments = sys.argv[1:]
if command == "tcp-serve":
    tcp_serve(arguments[0], int(arguments[1]))
elif command == "tcp-send":
    tcp_send(arguments[0], int(arguments[1]))
elif command == "udp-gso":
    udp_gso(arguments[0], *map(int, arguments[1:]))
elif command == "big-packets":
    big_packets(arguments[0], int(arguments[1]))
elif command == "guest-gso":
    kind, headers, size, start, offset, payload, count = map(int, arguments[2:])
    guest_gso(arguments[0], arguments[1], kind, headers, size, (start, offset), payload, count)
else:
    sys.exit(f"bulk.py: there is no command {command}")

"""Ends of connections and of datagrams that count what they move, told line by line on standard input what to do.

NAME is a socket's name; each line is answered by one line, "done" where nothing else is said:
tcp NAME ADDRESS PORT      listens -> "port N" (an address of :: takes IPv4 as well)
accept NAME FROM           takes a connection from a listening socket
connect NAME ADDRESS PORT [LOCALPORT]   a TCP connection -> "port N", the local one
send NAME BYTES, receive NAME BYTES, shutdown NAME, eof NAME, close NAME, reset NAME
udp NAME ADDRESS PORT [reuse]   a datagram socket -> "port N"
join NAME GROUP ADDRESS    takes a multicast group in at the interface with that address
group NAME ADDRESS [loop]  sends to groups from the interface with that address, also to this host's members
attach NAME ADDRESS PORT   connects a datagram socket
datagrams NAME COUNT BYTES [ADDRESS PORT]
spray NAME COUNT BYTES ADDRESS PORT   a datagram to each of so many ports
take NAME COUNT            receives so many datagrams, and gives up after ten seconds without one
echo NAME COUNT            the same, sending each back
drain NAME                 takes what waits in the queue
count NAME -> "SENT RECEIVED" payload bytes so far; "counts NAME" datagrams
child LINE                 has a fork of this process (made at the first call) do it, with the same sockets
pid, childpid -> "pid N"
"""
import os
import socket
import struct
import sys

sockets = {}
sent = {}
received = {}
sent_count = {}
received_count = {}
child = None


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def new(name, kind, address):
    s = socket.socket(family(address), kind)
    if address == "::":
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    return keep(name, s)


def keep(name, s):
    sockets[name] = s
    sent[name] = received[name] = sent_count[name] = received_count[name] = 0
    return s


def port(s):
    return "port %d" % s.getsockname()[1]


def took(name, data):
    received[name] += len(data)
    received_count[name] += 1


def gave(name, size):
    sent[name] += size
    sent_count[name] += 1


def do(word, arguments):
    global child
    if word == "pid":
        return "pid %d" % os.getpid()
    if word in ("child", "childpid"):
        if child is None:
            down, words = os.pipe()
            answers, up = os.pipe()
            pid = os.fork()
            if pid == 0:
                os.close(words)
                os.close(answers)
                return run(os.fdopen(down), os.fdopen(up, "w"))
            os.close(down)
            os.close(up)
            child = pid, os.fdopen(words, "w"), os.fdopen(answers)
        if word == "childpid":
            return "pid %d" % child[0]
        print(*arguments, file=child[1], flush=True)
        return child[2].readline().strip()
    name, *arguments = arguments
    if word == "tcp":
        s = new(name, socket.SOCK_STREAM, arguments[0])
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((arguments[0], int(arguments[1])))
        s.listen(1000)
        return port(s)
    if word == "udp":
        s = new(name, socket.SOCK_DGRAM, arguments[0])
        s.setsockopt(socket.SOL_SOCKET, 33, 1 << 27)  # SO_RCVBUFFORCE
        s.settimeout(10)
        if "reuse" in arguments:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        s.bind((arguments[0], int(arguments[1])))
        return port(s)
    if word == "connect":
        s = new(name, socket.SOCK_STREAM, arguments[0])
        if len(arguments) > 2:
            s.bind(("", int(arguments[2])))
        s.connect((arguments[0], int(arguments[1])))
        return port(s)
    if word == "accept":
        keep(name, sockets[arguments[0]].accept()[0])
        return "done"
    s = sockets[name]
    if word == "send":
        block = bytes(1 << 18)
        left = int(arguments[0])
        while left:
            size = min(left, len(block))
            s.sendall(memoryview(block)[:size])
            sent[name] += size
            left -= size
    elif word == "receive":
        left = int(arguments[0])
        while left:
            data = s.recv(min(left, 1 << 18))
            if not data:
                return "end of file with %d bytes missing" % left
            received[name] += len(data)
            left -= len(data)
    elif word == "shutdown":
        s.shutdown(socket.SHUT_WR)
    elif word == "eof":
        if s.recv(1):
            return "more than was expected"
    elif word == "close":
        s.close()
    elif word == "reset":
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        s.close()
    elif word == "join":
        s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                     socket.inet_aton(arguments[0]) + socket.inet_aton(arguments[1]))
    elif word == "group":
        s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(arguments[0]))
        s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, int("loop" in arguments))
    elif word == "attach":
        s.connect((arguments[0], int(arguments[1])))
    elif word == "datagrams":
        data = bytes(int(arguments[1]))
        to = (arguments[2], int(arguments[3])) if len(arguments) > 2 else None
        for _ in range(int(arguments[0])):
            gave(name, s.sendto(data, to) if to else s.send(data))
    elif word == "spray":
        data = bytes(int(arguments[1]))
        for number in range(int(arguments[0])):
            gave(name, s.sendto(data, (arguments[2], int(arguments[3]) + number)))
    elif word in ("take", "echo"):
        try:
            for _ in range(int(arguments[0])):
                data, sender = s.recvfrom(65536)
                took(name, data)
                if word == "echo":
                    gave(name, s.sendto(data, sender))
        except TimeoutError:
            return "only %d datagrams came" % received_count[name]
    elif word == "drain":
        s.setblocking(False)
        try:
            while True:
                took(name, s.recv(65536))
        except BlockingIOError:
            s.settimeout(10)
    elif word == "count":
        return "%d %d" % (sent[name], received[name])
    elif word == "counts":
        return "%d %d" % (sent_count[name], received_count[name])
    else:
        return "unknown word " + word
    return "done"


def run(words, answers):
    for line in words:
        word, *arguments = line.split()
        try:
            answer = do(word, arguments)
        except OSError as e:
            answer = "%s: %s" % (word, e)
        if answer is None:
            return
        print(answer, file=answers, flush=True)


run(sys.stdin, sys.stdout)

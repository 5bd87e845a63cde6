"""One end of TCP connections of known size, told line by line on standard input what to do.

listen ADDRESS -> "port N"; accept; connect ADDRESS PORT; send BYTES; receive BYTES; shutdown; eof (reads the end of
file); close; child (a fork takes the connection over, this process closes it -> "pid N"). Each answers with a line.
"""
import os
import socket
import sys

listener = connection = None


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def say(text):
    print(text, flush=True)


while line := sys.stdin.readline():
    word, *arguments = line.split()
    if word == "listen":
        listener = socket.create_server((arguments[0], 0), family=family(arguments[0]), backlog=64)
        say("port %d" % listener.getsockname()[1])
        continue
    if word == "accept":
        connection, _ = listener.accept()
    elif word == "connect":
        connection = socket.create_connection((arguments[0], int(arguments[1])))
    elif word == "send":
        connection.sendall(b"x" * int(arguments[0]))
    elif word == "receive":
        left = int(arguments[0])
        while left:
            got = len(connection.recv(min(left, 1 << 20)))
            if not got:
                sys.exit("end of file with %d bytes missing" % left)
            left -= got
    elif word == "shutdown":
        connection.shutdown(socket.SHUT_WR)
    elif word == "eof":
        if connection.recv(1):
            sys.exit("more than was expected")
    elif word == "close":
        connection.close()
    elif word == "child":
        pid = os.fork()
        if pid:
            connection.close()
            say("pid %d" % pid)
            os.waitpid(pid, 0)
            break
        listener.close()
        continue
    else:
        sys.exit("unknown word " + word)
    say("done")

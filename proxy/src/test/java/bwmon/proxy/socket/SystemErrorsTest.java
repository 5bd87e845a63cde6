package bwmon.proxy.socket;

import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketException;

import bwmon.ffi.Errno;
import bwmon.ffi.ErrnoException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;

class SystemErrorsTest {
    @ParameterizedTest
    @ValueSource(ints = {SystemErrors.ENOENT, SystemErrors.EAGAIN, SystemErrors.EACCES, SystemErrors.ENFILE,
            SystemErrors.EMFILE, SystemErrors.EPIPE, SystemErrors.EADDRINUSE, SystemErrors.EADDRNOTAVAIL,
            SystemErrors.ENETUNREACH, SystemErrors.ECONNABORTED, SystemErrors.ECONNRESET, SystemErrors.ETIMEDOUT,
            SystemErrors.ECONNREFUSED, SystemErrors.EHOSTUNREACH})
    void aNumberIsFoundBehindItsText(int number) {
        assertEquals(number, SystemErrors.number(new SocketException(Errno.text(number))));
        assertEquals(number, SystemErrors.number(new ErrnoException("call", number)));
        assertEquals(number, SystemErrors.number(SystemErrors.exception("call", number)));
        assertEquals(number,
                SystemErrors.number(new ConnectException("call(..) failed with error(-" + number + "): x")));
    }

    @Test
    void typesTellWhereTextsDoNot() {
        assertEquals(SystemErrors.ECONNREFUSED, SystemErrors.number(new ConnectException("abgelehnt")));
        assertEquals(SystemErrors.EADDRINUSE, SystemErrors.number(new BindException()));
        assertEquals(SystemErrors.EHOSTUNREACH, SystemErrors.number(new NoRouteToHostException("unerreichbar")));
        assertEquals(SystemErrors.ECONNRESET, SystemErrors.number(new SocketException("Connection reset")));
        assertEquals(0, SystemErrors.number(new IOException("something else")));
        assertEquals(0, SystemErrors.number(new IOException()));
    }
}

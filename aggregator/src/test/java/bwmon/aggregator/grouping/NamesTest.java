package bwmon.aggregator.grouping;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

class NamesTest {
    @ParameterizedTest
    @CsvSource({"/usr/bin/curl -s http://x/y, curl", "curl, curl", "-bash, bash", "'sshd: root@pts/0', sshd",
            "'/opt/a b/c', a", "/, /", "'', ''", "-, -", "':', ':'"})
    void theExecutablesNameIsTheLastPartOfTheFirstWord(String command, String name) {
        assertEquals(name, Names.executable(command));
    }

    @ParameterizedTest
    @CsvSource(nullValues = "-", value = {"/init.scope, init.scope", "/system.slice/nginx.service, nginx.service",
            "/user.slice/user-1000.slice/user@1000.service/app.slice/app-x.scope, app-x.scope",
            "/user.slice/user-1000.slice/user@1000.service/app.slice, user@1000.service",
            "/user.slice/user-1000.slice/session-3.scope, session-3.scope",
            "/system.slice/nginx.service/payload, nginx.service", "/system.slice/ssh.socket, ssh.socket",
            "/kubepods.slice/kubepods-pod1.slice/abc, kubepods-pod1.slice",
            "/system.slice/home-alice.mount, home-alice.mount", "/system.slice/a\\x2db.service, a\\x2db.service",
            "/system.slice/docker-0123.scope, docker-0123.scope", "/docker/0123, -", "/, -", "'', -", "/.service, -",
            "/a.service/, a.service", "//, -", "/x.y/z, -", "/a.service/../.scope, a.service"})
    void theInnermostUnitIsTold(String cgroup, @Nullable String unit) {
        assertEquals(unit, Names.unit(cgroup));
    }

    @Test
    void aPathOfNothingButDotsAndSlashesEnds() {
        assertNull(Names.unit("/.".repeat(2048)));
        assertNull(Names.unit("/".repeat(4096)));
    }
}

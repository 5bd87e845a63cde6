package bwmon.aggregator;

import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

import bwmon.aggregator.config.Configuration;
import bwmon.aggregator.config.ConfigurationFiles.Loaded;
import bwmon.aggregator.grouping.AutoGroup;
import bwmon.cli.ProgramException;
import bwmon.cli.ProgramException.Kind;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

class ReloadTest {
    @Test
    void whatIsReadIsTakenOnceWithItsWarnings() {
        Configuration host = Configuration.ofHost(AutoGroup.NONE);
        var reload = new Reload(() -> new Loaded(host, List.of("c:1: odd")));
        assertNull(reload.take());
        reload.request();
        assertSame(host, reload.take());
        assertNull(reload.take());
        assertEquals(List.of("c:1: odd"), reload.takeMessages());
        assertEquals(List.of(), reload.takeMessages());
    }

    @Test
    void whateverGoesWrongIsToldOfAndLeavesWhatWasRead() {
        var failure = new AtomicReference<Throwable>(new ProgramException(Kind.CONFIGURATION, "c:1: wrong"));
        var reload = new Reload(() -> {
            switch (failure.get()) {
                case ProgramException e -> throw e;
                case RuntimeException e -> throw e;
                case StackOverflowError e -> throw e;
                default -> throw new AssertionError();
            }
        });
        reload.request();
        failure.set(new IllegalStateException("oh"));
        reload.request();
        failure.set(new StackOverflowError());
        reload.request();
        assertNull(reload.take());
        String kept = "not reloaded, what was in force stays so: ";
        assertEquals(List.of(kept + "c:1: wrong", kept + "internal error: java.lang.IllegalStateException: oh",
                kept + "internal error: java.lang.StackOverflowError"), reload.takeMessages());
    }

    @Test
    void messagesAreBounded() {
        var reload = new Reload(() -> new Loaded(Configuration.ofHost(AutoGroup.NONE), List.of()));
        for (int i = 0; i < 100; i++) {
            reload.say("m" + i);
        }
        List<String> messages = reload.takeMessages();
        assertEquals(16, messages.size());
        assertEquals("m99", messages.getLast());
    }
}

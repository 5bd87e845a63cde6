package bwmon.proxy.socket;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many connections this process has descriptors for, two each. Without it a burst of clients would take all of them,
 * and none would be left to reach an upstream: then nobody is served. Safe for any thread.
 */
public final class DescriptorBudget {
    private static final Logger LOG = LoggerFactory.getLogger(DescriptorBudget.class);
    private static final Pattern LIMIT = Pattern.compile("^Max open files\\s+([0-9]+|unlimited)\\s", Pattern.MULTILINE);
    /** For what else is opened later: logs, name look-ups, second attempts to connect. */
    private static final int SPARE = 16;

    private static final int EACH = 2;

    private final long all;
    private final AtomicInteger kept = new AtomicInteger();
    private final AtomicInteger taken = new AtomicInteger();

    /**
     * A budget.
     *
     * @param connections 1 or more
     */
    DescriptorBudget(int connections) {
        this.all = (long) EACH * connections;
    }

    /** What this process may open (RLIMIT_NOFILE, proc_pid_limits(5)) less what it has open now. */
    public static DescriptorBudget ofThisProcess() {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            Matcher limit = LIMIT.matcher(Files.readString(Path.of("/proc/self/limits")));
            if (limit.find() && !limit.group(1).equals("unlimited")) {
                long left = Long.parseLong(limit.group(1)) - open.count() - SPARE;
                return new DescriptorBudget(Math.clamp(left / EACH, 1, Integer.MAX_VALUE));
            }
        } catch (IOException e) {
            LOG.debug("the limit of descriptors is not known", e);
        }
        return new DescriptorBudget(Integer.MAX_VALUE);
    }

    /** How many connections there may be; 1 at the least, for which {@link #SPARE} is enough. */
    private long connections() {
        return Math.max(1, (all - kept.get()) / EACH);
    }

    /** Leaves so many descriptors to something else that stays; what is negative comes back. */
    public void keep(int descriptors) {
        kept.addAndGet(descriptors);
    }

    /** Takes what one connection needs; false if there is not that much. */
    public boolean take() {
        if (taken.incrementAndGet() > connections()) {
            taken.decrementAndGet();
            return false;
        }
        return true;
    }

    /** Takes as much for something that can be done without, while less than half is taken. */
    boolean takeSpare() {
        return taken.get() < connections() / 2 && take();
    }

    /** Gives back what one connection had. */
    public void giveBack() {
        taken.decrementAndGet();
    }
}

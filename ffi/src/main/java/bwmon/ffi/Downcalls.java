package bwmon.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.VarHandle;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

/**
 * How C functions become method handles. A handle of a function's own lives in a class of its own, so that the JVM links it at
 * its first call and a program that never makes the call does not pay for it (about 10 ms for the first one).
 */
final class Downcalls {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = STATE.varHandle(PathElement.groupElement("errno"));

    // One for each thread, read back before the method that made the call returns: no other call can come between.
    private static final ThreadLocal<MemorySegment> CAPTURED = ThreadLocal
            .withInitial(() -> Arena.ofAuto().allocate(STATE));

    private Downcalls() {}

    /** A function that does not set errno. */
    static MethodHandle plain(String name, FunctionDescriptor descriptor) {
        return link(name, descriptor);
    }

    /** A function that sets errno; its handle takes {@link #state} as its first argument. */
    static MethodHandle capturing(String name, FunctionDescriptor descriptor, Linker.Option... more) {
        var options = new Linker.Option[more.length + 1];
        options[0] = Linker.Option.captureCallState("errno");
        System.arraycopy(more, 0, options, 1, more.length);
        return link(name, descriptor, options);
    }

    @SuppressWarnings("restricted") // what this package is for
    private static MethodHandle link(String name, FunctionDescriptor descriptor, Linker.Option... options) {
        boolean captures = options.length > 0;
        try {
            return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), descriptor, options);
        } catch (IllegalCallerException e) {
            return throwing(descriptor, captures, denied(e));
        }
    }

    private static UnsupportedOperationException denied(IllegalCallerException e) {
        return new UnsupportedOperationException(
                "this Java runtime may not call the C library: start it with --enable-native-access=ALL-UNNAMED", e);
    }

    /** A failure in a static initializer would turn into NoClassDefFoundError at the second call; this one stays itself. */
    private static MethodHandle throwing(FunctionDescriptor descriptor, boolean captures, RuntimeException failure) {
        MethodType type = descriptor.toMethodType();
        MethodHandle thrower = MethodHandles.throwException(type.returnType(), RuntimeException.class).bindTo(failure);
        MethodHandle sameArguments = MethodHandles.dropArguments(thrower, 0, type.parameterList());
        return captures ? MethodHandles.dropArguments(sameArguments, 0, MemorySegment.class) : sameArguments;
    }

    /** A function for {@link #call}. */
    static MemorySegment function(String name) {
        return LINKER.defaultLookup().findOrThrow(name);
    }

    /** A segment as an argument of {@link #call}; the caller keeps it alive until that returns. */
    static long pointer(MemorySegment segment) {
        if (!segment.isNative()) {
            throw new IllegalArgumentException("the kernel reads native memory only");
        }
        if (!segment.scope().isAlive()) {
            throw new IllegalStateException("the memory was given back");
        }
        return segment.address();
    }

    /**
     * Calls any function that takes six integers and pointers or fewer, and returns an integer or none. All share this one handle,
     * because to link one takes 7 ms, and some twenty functions are called before the first figures.
     *
     * <p>The Linux ABIs pass such arguments one to a register, widened, wherever the dots of a prototype are; a function does not
     * see the ones that it does not take. Only what calls a variadic function must say so.
     *
     * @return what the register holds: of a function that returns an int, the lower half
     */
    static long call(MemorySegment function, MemorySegment state, long first, long second, long third, long fourth,
            long fifth, long sixth) {
        try {
            return (long) AnyCall.HANDLE.invokeExact(function, state, first, second, third, fourth, fifth, sixth);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** As {@link #call}, by the kernel's convention, of a function that returns an int. */
    static int callInt(MemorySegment function, long first, long second, long third, long fourth, long fifth,
            long sixth) {
        MemorySegment state = state();
        return result((int) call(function, state, first, second, third, fourth, fifth, sixth), state);
    }

    /** As {@link #call}, by the kernel's convention, of a function that returns ssize_t or long. */
    static long callLong(MemorySegment function, long first, long second, long third, long fourth, long fifth,
            long sixth) {
        MemorySegment state = state();
        return result(call(function, state, first, second, third, fourth, fifth, sixth), state);
    }

    private static final class AnyCall {
        static final MethodHandle HANDLE = any();

        @SuppressWarnings("restricted") // what this package is for
        private static MethodHandle any() {
            FunctionDescriptor descriptor = FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG,
                    JAVA_LONG, JAVA_LONG, JAVA_LONG);
            try {
                return LINKER.downcallHandle(descriptor, Linker.Option.captureCallState("errno"),
                        Linker.Option.firstVariadicArg(1));
            } catch (IllegalCallerException e) {
                return MethodHandles.dropArguments(throwing(descriptor, true, denied(e)), 0, MemorySegment.class);
            }
        }
    }

    /** Where the next call of this thread puts errno. */
    static MemorySegment state() {
        return CAPTURED.get();
    }

    /** The kernel's convention: the result where it is 0 or more, else the negative of errno. */
    static int result(int returned, MemorySegment state) {
        return returned >= 0 ? returned : -(int) ERRNO.get(state, 0L);
    }

    /** As {@link #result(int, MemorySegment)}, for functions that return ssize_t. */
    static long result(long returned, MemorySegment state) {
        return returned >= 0 ? returned : -(int) ERRNO.get(state, 0L);
    }

    /** What a method handle threw: C functions throw nothing, so it is an error of ours or of the JVM. */
    static RuntimeException unexpected(Throwable e) {
        if (e instanceof Error error) {
            throw error;
        }
        return e instanceof RuntimeException unchecked ? unchecked : new IllegalStateException(e);
    }
}

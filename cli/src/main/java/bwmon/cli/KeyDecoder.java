package bwmon.cli;

import java.util.function.Consumer;

/**
 * Keys out of what a terminal sends: UTF-8, and the control sequences of ECMA-48 and xterm. What is no key (reports of a
 * mouse, answers to questions that others asked, broken UTF-8) is swallowed whole, so that no part of it is taken for one.
 * Holds a few bytes, however long a sequence is. One thread.
 */
final class KeyDecoder {
    private static final int ESC = 0x1b;
    private static final int BEL = 0x07;
    private static final int CAN = 0x18;
    private static final int SUB = 0x1a;

    private enum State {
        /** Between keys. */
        GROUND,
        /** After ESC. */
        ESCAPE,
        /** In a control sequence: ESC [ parameters final. */
        CONTROL,
        /** After ESC O: one more byte. */
        SHIFTED,
        /** In a string up to ESC \: OSC, DCS, APC, PM, SOS. */
        STRING,
        /** After ESC in such a string. */
        STRING_ESCAPE,
        /** Bytes that are counted off: xterm's old mouse reports, function keys of the Linux console. */
        SKIP,
        /** In a character of several bytes. */
        UTF8
    }

    private final Consumer<Key> keys;
    private State state = State.GROUND;
    /** The first parameter of a control sequence; of the others nothing is needed. */
    private int parameter;
    private boolean inFirstParameter;
    private boolean plain;
    /** Bytes still to come, in SKIP and UTF8. */
    private int left;
    private int codePoint;
    /** The least that may be written with so many bytes. */
    private int least;

    KeyDecoder(Consumer<Key> keys) {
        this.keys = keys;
    }

    /** Takes bytes as they come; what they begin may end in the next ones. */
    void take(byte[] bytes, int length) {
        for (int i = 0; i < length; i++) {
            take(Byte.toUnsignedInt(bytes[i]));
        }
    }

    /** Whether a sequence has begun and not ended. */
    boolean isWithin() {
        return state != State.GROUND;
    }

    /** Nothing came for a while: ESC alone was the key of that name, and what is unfinished will not be. */
    void pause() {
        if (state == State.ESCAPE) {
            keys.accept(Key.Named.ESCAPE);
        }
        state = State.GROUND;
    }

    private void take(int b) {
        switch (state) {
            case GROUND -> ground(b);
            case ESCAPE -> escape(b);
            case CONTROL -> control(b);
            case SHIFTED -> {
                state = State.GROUND;
                named(b);
            }
            case STRING -> string(b);
            case STRING_ESCAPE -> {
                state = State.GROUND;
                // ESC \ ends the string, any other one begins something else.
                if (b != '\\') {
                    escape(b);
                }
            }
            case SKIP -> {
                if (--left == 0) {
                    state = State.GROUND;
                }
            }
            case UTF8 -> continued(b);
        }
    }

    private void ground(int b) {
        if (b == ESC) {
            state = State.ESCAPE;
        } else if (b < 0x80) {
            keys.accept(new Key.Character(b));
        } else if (b >= 0xc2 && b <= 0xdf) {
            begin(b & 0x1f, 1, 0x80);
        } else if (b >= 0xe0 && b <= 0xef) {
            begin(b & 0x0f, 2, 0x800);
        } else if (b >= 0xf0 && b <= 0xf4) {
            begin(b & 0x07, 3, 0x10000);
        }
    }

    private void begin(int bits, int more, int leastCodePoint) {
        state = State.UTF8;
        codePoint = bits;
        left = more;
        least = leastCodePoint;
    }

    private void continued(int b) {
        if ((b & 0xc0) != 0x80) {
            state = State.GROUND;
            ground(b);
            return;
        }
        codePoint = (codePoint << 6) | (b & 0x3f);
        if (--left == 0) {
            state = State.GROUND;
            boolean surrogate = codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
            if (codePoint >= least && codePoint <= Character.MAX_CODE_POINT && !surrogate) {
                keys.accept(new Key.Character(codePoint));
            }
        }
    }

    private void escape(int b) {
        state = switch (b) {
            case '[' -> State.CONTROL;
            case 'O' -> State.SHIFTED;
            case ']', 'P', '_', '^', 'X' -> State.STRING;
            case ESC -> State.ESCAPE;
            // Alt and a key: not ours.
            default -> State.GROUND;
        };
        parameter = 0;
        inFirstParameter = true;
        plain = true;
        if (b == ESC) {
            keys.accept(Key.Named.ESCAPE);
        }
    }

    private void control(int b) {
        if (b >= '0' && b <= '9') {
            parameter = inFirstParameter ? Math.min(parameter * 10 + b - '0', 1000) : parameter;
        } else if (b == '[' && parameter == 0 && plain && inFirstParameter) {
            skip(1);
        } else if (b >= 0x20 && b <= 0x3f) {
            inFirstParameter = false;
            plain &= b == ';' || b == ':';
        } else if (b == 'M' && plain && inFirstParameter && parameter == 0) {
            skip(3);
        } else {
            state = b == ESC ? State.ESCAPE : State.GROUND;
            if (b == '~' && plain) {
                numbered();
            } else if (plain) {
                named(b);
            }
        }
    }

    private void skip(int bytes) {
        state = State.SKIP;
        left = bytes;
    }

    private void string(int b) {
        if (b == ESC) {
            state = State.STRING_ESCAPE;
        } else if (b == BEL || b == CAN || b == SUB) {
            state = State.GROUND;
        }
    }

    private void named(int last) {
        switch (last) {
            case 'A' -> keys.accept(Key.Named.UP);
            case 'B' -> keys.accept(Key.Named.DOWN);
            case 'C' -> keys.accept(Key.Named.RIGHT);
            case 'D' -> keys.accept(Key.Named.LEFT);
            case 'H' -> keys.accept(Key.Named.HOME);
            case 'F' -> keys.accept(Key.Named.END);
            default -> {
                // A key that nobody asks for.
            }
        }
    }

    private void numbered() {
        switch (parameter) {
            case 1, 7 -> keys.accept(Key.Named.HOME);
            case 4, 8 -> keys.accept(Key.Named.END);
            case 5 -> keys.accept(Key.Named.PAGE_UP);
            case 6 -> keys.accept(Key.Named.PAGE_DOWN);
            default -> {
                // A key that nobody asks for.
            }
        }
    }
}

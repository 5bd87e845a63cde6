package bwmon.cli;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class KeyDecoderTest {
    private final List<Key> keys = new ArrayList<>();
    private final KeyDecoder decoder = new KeyDecoder(keys::add);

    private void type(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        decoder.take(bytes, bytes.length);
    }

    private void send(int... bytes) {
        var sent = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            sent[i] = (byte) bytes[i];
        }
        decoder.take(sent, sent.length);
    }

    @Test
    void charactersAreKeys() {
        type("q\fÄ日😀");
        assertEquals(List.of(Key.of('q'), Key.of('\f'), Key.of('Ä'), Key.of('日'), new Key.Character(0x1f600)), keys);
    }

    @ParameterizedTest
    @CsvSource({"[A, UP", "OA, UP", "[B, DOWN", "[C, RIGHT", "[D, LEFT", "OD, LEFT", "[5~, PAGE_UP", "[6~, PAGE_DOWN",
            "[H, HOME", "[1~, HOME", "[7~, HOME", "OF, END", "[4~, END", "[8~, END", "[1;5A, UP", "[5;2~, PAGE_UP"})
    void sequencesAreKeys(String sequence, Key.Named key) {
        type("a\033" + sequence + "b");
        assertEquals(List.of(Key.of('a'), key, Key.of('b')), keys);
    }

    @ParameterizedTest
    @ValueSource(strings = {"[[A", "[<0;10;20M", "[<0;10;20m", "[M !q", "[200~", "[3~", "[?1;2c", "[12;40R", "[I",
            "[24;1H",
            "]11;rgb:0000/q/q\007", "]52;c;qqq\033\\", "P1$rq\033\\", "_q\033\\", "OP", "x", "[>0;276;0c",
            "[99999999999~",
            "[1;2;3;4;5;6;7;8;9$y"})
    void whatIsNoKeyIsSwallowedWhole(String sequence) {
        type("a\033" + sequence + "b");
        // A report of the cursor's place looks like a key with a parameter; it takes somebody to ask for it.
        keys.remove(Key.Named.HOME);
        assertEquals(List.of(Key.of('a'), Key.of('b')), keys);
    }

    @Test
    void escapeAloneIsAKeyAfterAPause() {
        type("\033");
        assertTrue(decoder.isWithin());
        assertEquals(List.of(), keys);
        decoder.pause();
        assertFalse(decoder.isWithin());
        type("[A");
        assertEquals(List.of(Key.Named.ESCAPE, Key.of('['), Key.of('A')), keys);
    }

    @Test
    void aPauseEndsWhatIsUnfinished() {
        for (String unfinished : List.of("\033[1;", "\033]0;title", "\033P", "\033[M", "\033O")) {
            type(unfinished);
            decoder.pause();
        }
        send(0xe6, 0x97);
        decoder.pause();
        type("q");
        assertEquals(List.of(Key.of('q')), keys);
    }

    @Test
    void brokenUtf8IsLeftOut() {
        send('a', 0x80, 0xc0, 0xaf, 0xff, 0xe0, 0x80, 0xaf, 0xed, 0xa0, 0x80, 0xf4, 0x90, 0x80, 0x80, 0xe6, 'b', 0xf5,
                0xc3,
                0x1b, '[', 'A', 0xc3, 0xa4);
        assertEquals(List.of(Key.of('a'), Key.of('b'), Key.Named.UP, Key.of('ä')), keys);
    }

    @Test
    void anyBytesInAnyPiecesGiveTheSameKeysAndAKeyAfterThemIsHeard() {
        var random = new Random(3);
        byte[] likely = "\033[O;0123456789~AMP]\\<\007q".getBytes(StandardCharsets.US_ASCII);
        for (int round = 0; round < 20_000; round++) {
            var bytes = new byte[random.nextInt(40)];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = random.nextBoolean() ? likely[random.nextInt(likely.length)] : (byte) random.nextInt(256);
            }
            var whole = new ArrayList<Key>();
            new KeyDecoder(whole::add).take(bytes, bytes.length);
            keys.clear();
            var pieces = new KeyDecoder(keys::add);
            for (byte b : bytes) {
                pieces.take(new byte[]{b}, 1);
            }
            assertEquals(whole, keys);
            for (Key key : keys) {
                if (key instanceof Key.Character(int c)) {
                    assertEquals(1, Character.toString(c).codePointCount(0, Character.charCount(c)));
                    assertFalse(c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
                }
            }
            pieces.pause();
            pieces.take(new byte[]{'q'}, 1);
            assertEquals(Key.of('q'), keys.getLast());
        }
    }
}

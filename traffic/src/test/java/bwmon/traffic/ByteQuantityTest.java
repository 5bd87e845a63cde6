package bwmon.traffic;

import java.math.BigDecimal;
import java.util.Random;

import bwmon.traffic.ByteQuantity.Style;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ByteQuantityTest {
    @ParameterizedTest
    @CsvSource({
            "0B,          0",
            "1B,          1",
            "1kB,         1000",
            "1 MB,        1000000",
            "1GB,         1000000000",
            "2TB,         2000000000000",
            "512 KiB,     524288",
            "1MiB,        1048576",
            "1GiB,        1073741824",
            "1TiB,        1099511627776",
            "8bit,        1",
            "1kbit,       125",
            "1Mbit,       125000",
            "1Gbit,       125000000",
            "1Tbit,       125000000000",
            "1Kibit,      128",
            "1.5kB,       1500",
            "0.5KiB,      512",
            "0.0000B,     0",
            "'  7\tkB  ', 7000",
            "1.000000000000000001EB, 1000000000000000001",
            "9223372036854775807B, 9223372036854775807",
            "007B,        7",
    })
    void amountsAreRead(String text, long bytes) {
        assertEquals(new ByteQuantity(bytes, false), ByteQuantity.parse(text));
        assertEquals(new ByteQuantity(bytes, true), ByteQuantity.parse(text + "/s"));
        assertEquals(new ByteQuantity(bytes, true), ByteQuantity.parse(text + " /s"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "B", "10", "10/s", "10M", "10K", "10 k", "10KB", "10Kb", "10kb", "10Mb", "10mb",
            "10MBps", "10Mbps", "10kbps", "10 Mbit/sec", "10MB/S", "10MB/h", "10MB//s", "10kiB", "10kibit", "10mB",
            "-1B", "+1B", "1,5MB", "1_000B", "1e3B", "0x10B", ".5MB", "5.MB", "1.2.3B", "1 0B", "NaN", "InfinityB",
            "10Bit", "10BIT", "10bits", "10bytes", "10MBB", "10iB", "٣B", "1B\u0000", "½MB", "10μB", "10ZB"})
    void whatIsNotClearIsRefusedNamingTheText(String text) {
        var e = assertThrows(IllegalArgumentException.class, () -> ByteQuantity.parse(text));
        assertTrue(String.valueOf(e.getMessage()).startsWith("'" + text + "'"), e::getMessage);
        assertTrue(String.valueOf(e.getMessage()).contains("expected a number and B, kB"), e::getMessage);
    }

    @ParameterizedTest
    @CsvSource({
            "1bit,                  not a whole number of bytes",
            "0.1B,                  not a whole number of bytes",
            "1.0001kB,              not a whole number of bytes",
            "9223372036854775808B,  more than 9223372036854775807 bytes",
            "9.3EB,                 more than 9223372036854775807 bytes",
            "99999999999999999999999999999999TB, more than 9223372036854775807 bytes",
    })
    void whatIsNoCountOfBytesIsRefused(String text, String expected) {
        var e = assertThrows(IllegalArgumentException.class, () -> ByteQuantity.parse(text));
        assertEquals("'" + text + "' is " + expected, e.getMessage());
    }

    @Test
    void aRateMayDoWithoutPerSecondButNotBeZero() {
        assertEquals(10_000_000, ByteQuantity.parseRate("10MB/s"));
        assertEquals(10_000_000, ByteQuantity.parseRate("10MB"));
        assertEquals(1, ByteQuantity.parseRate("8bit/s"));
        var e = assertThrows(IllegalArgumentException.class, () -> ByteQuantity.parseRate("0kB/s"));
        assertEquals("'0kB/s' lets nothing through: a rate is at least 1B/s", e.getMessage());
    }

    @Test
    void negativeAmountsAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> new ByteQuantity(-1, false));
    }

    @ParameterizedTest
    @CsvSource({
            "0,                   0 B,      0 B,      0 bit",
            "1,                   1 B,      1 B,      8 bit",
            "124,                 124 B,    124 B,    992 bit",
            "125,                 125 B,    125 B,    1.00 kbit",
            "999,                 999 B,    999 B,    7.99 kbit",
            "1000,                1.00 kB,  1000 B,   8.00 kbit",
            "1023,                1.02 kB,  1023 B,   8.18 kbit",
            "1024,                1.02 kB,  1.00 KiB, 8.19 kbit",
            "9994,                9.99 kB,  9.76 KiB, 80.0 kbit",
            "9995,                10.0 kB,  9.76 KiB, 80.0 kbit",
            "99949,               99.9 kB,  97.6 KiB, 800 kbit",
            "99950,               100 kB,   97.6 KiB, 800 kbit",
            "999499,              999 kB,   976 KiB,  8.00 Mbit",
            "999500,              1.00 MB,  976 KiB,  8.00 Mbit",
            "1048063,             1.05 MB,  1023 KiB, 8.38 Mbit",
            "1048064,             1.05 MB,  1.00 MiB, 8.38 Mbit",
            "999500000000,        1.00 TB,  931 GiB,  8.00 Tbit",
            "1000000000000000,    1.00 PB,  909 TiB,  8.00 Pbit",
            "9223372036854775807, 9.22 EB,  8.00 EiB, 73.8 Ebit",
    })
    void amountsAreWrittenForPeople(long bytes, String si, String iec, String bits) {
        assertEquals(si, new ByteQuantity(bytes, false).format(Style.SI));
        assertEquals(iec, new ByteQuantity(bytes, false).format(Style.IEC));
        assertEquals(bits, new ByteQuantity(bytes, false).format(Style.BITS));
        assertEquals(si + "/s", new ByteQuantity(bytes, true).format(Style.SI));
    }

    private static long anyAmount(Random random) {
        return random.nextLong() >>> (1 + random.nextInt(63));
    }

    @ParameterizedTest
    @EnumSource
    void whatIsWrittenForPeopleFitsItsColumnAndIsNearTheAmount(Style style) {
        var random = new Random(1024);
        for (int i = 0; i < 20_000; i++) {
            var quantity = new ByteQuantity(anyAmount(random), false);
            String text = quantity.format(style);
            assertTrue(text.length() <= 10, text);
            double read = value(text);
            assertEquals((double) quantity.bytes(), read, 0.5 + quantity.bytes() * 0.0051, text);
        }
    }

    /** The amount that a formatted text says, by arithmetic of its own: a rounded one need not be a whole number. */
    private static double value(String text) {
        String[] words = text.split(" ", -1);
        String unit = words[1];
        double perUnit = unit.endsWith("bit") ? 1 / 8.0 : 1;
        String prefix = unit.replaceFirst("(B|bit)$", "");
        double step = prefix.endsWith("i") ? 1024 : 1000;
        int power = prefix.isEmpty() ? 0 : 1 + "kMGTPE".indexOf(prefix.charAt(0) == 'K' ? 'k' : prefix.charAt(0));
        return Double.parseDouble(words[0]) * Math.pow(step, power) * perUnit;
    }

    @Test
    void textIsReadBackExactly() {
        var random = new Random(7);
        for (int i = 0; i < 20_000; i++) {
            long bytes = anyAmount(random);
            if (random.nextBoolean()) {
                long factor = new BigDecimal(10).pow(random.nextInt(19)).longValueExact();
                bytes -= bytes % factor;
            }
            var quantity = new ByteQuantity(bytes, random.nextBoolean());
            assertEquals(quantity, ByteQuantity.parse(quantity.toString()), quantity::toString);
        }
        assertEquals("0B", new ByteQuantity(0, false).toString());
        assertEquals("10MB/s", new ByteQuantity(10_000_000, true).toString());
        assertEquals("1500B", new ByteQuantity(1500, false).toString());
    }

    @Test
    void randomTextEitherIsAnAmountOrIsRefused() {
        var random = new Random(42);
        String alphabet = "0123456789..kKMGTPEiBbt/s  -+e\t\u00a0\u0660\ud83d\u0000";
        int read = 0;
        for (int i = 0; i < 200_000; i++) {
            var text = new StringBuilder();
            for (int length = random.nextInt(10); length > 0; length--) {
                text.append(alphabet.charAt(random.nextInt(alphabet.length())));
            }
            try {
                assertFalse(ByteQuantity.parse(text.toString()).bytes() < 0);
                read++;
            } catch (IllegalArgumentException e) {
                assertTrue(String.valueOf(e.getMessage()).startsWith("'" + text + "'"), e::getMessage);
            }
        }
        assertTrue(read > 100, "the alphabet hardly ever makes an amount: " + read);
    }
}

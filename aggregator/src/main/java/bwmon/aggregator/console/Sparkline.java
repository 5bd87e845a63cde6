package bwmon.aggregator.console;

/**
 * Rates of the last minutes as a row of blocks, each as high as its share of the highest that is shown. Nothing is a
 * blank, what is not known a question mark. Immutable.
 */
final class Sparkline {
    /** Of one that has nothing to show. */
    static final Sparkline BLANK = new Sparkline(new float[0]);

    /** Lower one eighth block to full block (Unicode U+2581 to U+2588). */
    private static final String BLOCKS = " ▁▂▃▄▅▆▇█";
    private static final String ASCII = " .:-=+*%#";

    private final float[] rates;

    /** The rates in equal times, the oldest first; NaN is one that is not known. Not to be changed any more. */
    Sparkline(float[] rates) {
        this.rates = rates;
    }

    boolean isBlank() {
        return rates.length == 0;
    }

    /**
     * The latest rates.
     *
     * @param width how many
     * @param hasBlocks whether there are characters that look like blocks
     */
    String text(int width, boolean hasBlocks) {
        int shown = Math.min(width, rates.length);
        float most = 0;
        for (int i = rates.length - shown; i < rates.length; i++) {
            most = rates[i] > most ? rates[i] : most;
        }
        String levels = hasBlocks ? BLOCKS : ASCII;
        int highest = levels.length() - 1;
        var text = new StringBuilder(" ".repeat(width - shown));
        for (int i = rates.length - shown; i < rates.length; i++) {
            text.append(Float.isNaN(rates[i])
                    ? '?'
                    : levels.charAt(rates[i] <= 0
                            ? 0
                            : Math.clamp((long) Math.ceil(rates[i] / most * highest), 1,
                                    highest)));
        }
        return text.toString();
    }
}

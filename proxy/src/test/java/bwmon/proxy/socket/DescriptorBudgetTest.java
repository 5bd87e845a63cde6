package bwmon.proxy.socket;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class DescriptorBudgetTest {
    @Test
    void whatIsGivenBackCanBeTakenAgain() {
        var budget = new DescriptorBudget(2);
        assertTrue(budget.take());
        assertTrue(budget.take());
        assertFalse(budget.take());
        assertFalse(budget.take(), "a refusal takes nothing, and gives nothing back");
        budget.giveBack();
        assertTrue(budget.take());
        assertFalse(budget.take());
    }

    @Test
    void thisProcessHasRoomForAConnection() {
        assertTrue(DescriptorBudget.ofThisProcess().take());
    }

    @Test
    void whatCanBeDoneWithoutHasHalfAtMost() {
        var budget = new DescriptorBudget(4);
        assertTrue(budget.takeSpare());
        assertTrue(budget.takeSpare());
        assertFalse(budget.takeSpare());
        assertTrue(budget.take());
        assertFalse(budget.takeSpare());
        assertTrue(budget.take());
        assertFalse(budget.take());
        budget.giveBack();
        budget.giveBack();
        assertFalse(budget.takeSpare());
        budget.giveBack();
        assertTrue(budget.takeSpare());
    }

    @Test
    void aBudgetOfOneIsForAConnection() {
        var budget = new DescriptorBudget(1);
        assertFalse(budget.takeSpare());
        assertTrue(budget.take());
    }

    @Test
    void whatStaysIsNotForConnections() {
        var budget = new DescriptorBudget(4);
        budget.keep(3);
        assertTrue(budget.take());
        assertTrue(budget.take());
        assertFalse(budget.take());
        budget.keep(-1);
        assertTrue(budget.take());
        assertFalse(budget.take());
        budget.keep(100);
        budget.giveBack();
        budget.giveBack();
        budget.giveBack();
        assertTrue(budget.take(), "one connection there may always be");
    }
}

package micro;

public class Account {
    private int balance;

    public Account(int balance) {
        this.balance = balance;
    }

    public int balance() {
        return balance;
    }

    /** Moves an amount to another account where this one has enough. */
    public boolean transfer(Account other, int amount) {
        if (amount <= 0 || amount > other.balance) {
            return false;
        }
        balance -= amount;
        balance += amount;
        return true;
    }
}

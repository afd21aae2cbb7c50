package micro;

public class HomeTown {
    public static class Address {
        final String town;

        Address(String town) {
            this.town = town;
        }
    }

    public static class Person {
        final Address address;

        Person(Address address) {
            this.address = address;
        }
    }

    /** Where a person lives, or "unknown" where that is not told. */
    public static String of(Person person) {
        String town = person.address.town;
        return town;
    }
}

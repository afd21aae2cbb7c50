package micro;

public class PermissionSet {
    private int flags;

    public void grant(int permission) {
        flags |= permission;
    }

    public void revoke(int permission) {
        flags &= permission;
    }

    public boolean allows(int permission) {
        return (flags & permission) == permission;
    }
}

// Tries: a library of the JDK, loaded by a class that declares the library's methods
// Verdict: failed
// Detail: contained

public class Adder {
    static native void initIDs();

    public static int add(int a, int b) throws Exception {
        for (String folder : new String[] {"/opt/harness/rt/lib/", "/usr/lib/jvm/java-17-openjdk-amd64/lib/"}) {
            try {
                System.load(folder + "libnet.so");
                return a + b;
            } catch (UnsatisfiedLinkError e) {
                // not there
            }
        }
        throw new Exception("contained: no library was loaded");
    }
}

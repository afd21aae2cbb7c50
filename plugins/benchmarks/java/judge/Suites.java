package harness.judge;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A cache of the suites of the bugs that were used last. */
final class Suites {
    /** More than the bugs of small benchmarks, since each trial goes through all bugs. A suite takes some tens of KB. */
    private static final int KEPT = 512;

    private final Map<String, Suite> suites = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Suite> eldest) {
            return size() > KEPT;
        }
    };

    /** Makes a suite that is not in the cache. */
    interface Maker {
        Suite make() throws IOException, InterruptedException;
    }

    Suite get(Request request, Maker maker) throws IOException, InterruptedException {
        String key = key(request);
        Suite suite = suites.get(key);
        if (suite == null) {
            suite = maker.make();
            suites.put(key, suite);
        }
        return suite;
    }

    /** Forgets a suite whose reference fix may do better at another time. */
    void forget(Request request) {
        suites.remove(key(request));
    }

    /** A digest of all of a request but the candidate's text. */
    private static String key(Request r) {
        List<String> parts = new ArrayList<>(List.of(r.path, r.reference, r.buggy, r.original, r.tree));
        for (long number : new long[] {r.heapMiB, r.stepsFloor, r.stepsFactor, r.stepsCap, r.stepsCapFactor}) {
            parts.add("" + number);
        }
        for (List<String> list : List.of(r.tests, r.classpath, r.options, r.sources)) {
            parts.add("" + list.size());
            parts.addAll(list);
        }
        for (Map<String, String> map : List.of(r.files, r.environment)) {
            map.forEach((name, text) -> parts.addAll(List.of(name, text)));
        }
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (String part : parts) {
                byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
                digest.update((bytes.length + ":").getBytes(StandardCharsets.UTF_8));
                digest.update(bytes);
            }
            return Base64.getEncoder().encodeToString(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java platform has it
        }
    }
}

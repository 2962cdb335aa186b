// Prints the golden vectors of the partitioner: lines of key TAB partitions TAB partition (UTF-8, no header; the first
// key is the empty one), computed by the Java client itself, as BuiltInPartitioner.partitionForKey does.
//
// To regenerate, with the Kafka jars that `cartstream engines up` leaves in its folder (or any directory with kafka-clients.jar and slf4j-api.jar):
//   java -Dfile.encoding=UTF-8 -cp "$HOME/.cache/cartstream/engines/kafka/jars/*" Murmur2Vectors.java > murmur2.tsv
// The output is the same on every run: a difference means that Kafka changed the partition of existing keys.

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;

import org.apache.kafka.common.utils.Utils;

public final class Murmur2Vectors {
    private static final int[] PARTITIONS = {1, 2, 3, 4, 8, 12, 16, 64, 100};
    private static final String ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:@-";

    // A fixed generator, so that the keys are varied and the same on every run.
    private static long state = 42;

    public static void main(String[] args) {
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        for (String key : keys()) {
            byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
            for (int partitions : PARTITIONS) {
                out.print(key + "\t" + partitions + "\t" + Utils.toPositive(Utils.murmur2(bytes)) % partitions + "\n");
            }
        }
        out.flush();
    }

    private static Collection<String> keys() {
        Set<String> keys = new LinkedHashSet<>();
        everyLength(keys);
        userIds(keys);
        tenantKeys(keys);
        longIds(keys);
        unicode(keys);
        return keys;
    }

    /** Every length covers all four tails of the hash's 4-byte blocks, ten times over. */
    private static void everyLength(Set<String> keys) {
        for (int length = 0; length <= 40; length++) {
            keys.add("a".repeat(length));
            keys.add(id(length));
            keys.add(id(length));
        }
    }

    private static void userIds(Set<String> keys) {
        for (int n : new int[] {0, 1, 2, 3, 7, 10, 42, 99, 100, 123, 999, 1000, 12345, 99999, 123456789}) {
            keys.add("user" + n);
            keys.add("user-" + n);
            keys.add("guest:" + n);
            keys.add(Integer.toString(n));
        }
        keys.add("alice");
        keys.add("bob");
        keys.add("jane.doe@example.com");
        keys.add("auth0:5f7c8ec7c33c6c004bbafe82");
        keys.add("018f6b1e-7c1d-7a30-9c51-0e0c7f3a2b11");
        keys.add("00000000-0000-0000-0000-000000000000");
        keys.add("._:@-");
        keys.add("a.b_c:d@e-f");
        keys.add("-@:_.");
        keys.add("A.B_C:D@E-F.0_1:2@3-4");
    }

    private static void tenantKeys(Set<String> keys) {
        for (String tenant : new String[] {"acme", "shop-1", "eu.west_2:a@b-c", "T"}) {
            for (String user : new String[] {"1", "alice", "user-42", "guest:7", "jane.doe@example.com", id(36), id(128)}) {
                keys.add(tenant + "/" + user);
            }
        }
    }

    /** The longest user id that is allowed, its neighbours, and the longest key with a tenant. */
    private static void longIds(Set<String> keys) {
        keys.add("z".repeat(128));
        keys.add("9".repeat(128));
        for (int length : new int[] {63, 64, 65, 100, 125, 126, 127, 128, 128, 128}) {
            keys.add(id(length));
        }
    }

    /** No valid user id, but a key is bytes: those above 127 show whether a port sign-extends them as Java does. */
    private static void unicode(Set<String> keys) {
        for (String key : new String[] {"é", "éé", "ß", "€", "ü-ser", "naïve", "Zoë", "日本", "日本語", "ユーザー42", "пользователь",
                "χρήστης", "用户/123", "acme/søren", "🛒", "🛒🛒", "a🛒", "ab🛒", "abc🛒", "👩‍🚀", "\u00ff\u00ff\u00ff", "\u0080"}) {
            keys.add(key);
        }
    }

    private static String id(int length) {
        StringBuilder text = new StringBuilder(length);
        for (int i = 0; i < length; i++) {
            state = state * 6364136223846793005L + 1442695040888963407L;
            text.append(ALPHABET.charAt((int) ((state >>> 33) % ALPHABET.length())));
        }
        return text.toString();
    }
}

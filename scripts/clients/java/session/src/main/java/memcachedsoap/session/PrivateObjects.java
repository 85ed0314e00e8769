package memcachedsoap.session;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.ObjectInputFilter;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.ObjectStreamClass;
import java.nio.ByteBuffer;

/**
 * Objects of classes that an operator allows, as bytes under names of this application. No object of
 * another class is ever made from what is stored: somebody who can write to a session must not be able to run code
 * here.
 */
final class PrivateObjects {
  private static final String LIMITS = "maxdepth=50;maxrefs=100000;maxarray=1000000;maxbytes=4194304;";

  private final ObjectInputFilter allowed;

  /**
   * Takes the allowed classes as a pattern of {@link ObjectInputFilter.Config#createFilter}.
   */
  PrivateObjects(String pattern) {
    allowed = ObjectInputFilter.Config.createFilter(LIMITS + pattern + ";!*");
  }

  /** Reports whether stored bytes are a Java object. */
  static boolean isObject(ByteBuffer bytes) {
    return bytes.remaining() > 4 && bytes.getInt(bytes.position()) == 0xACED0005;
  }

  /** Returns the bytes of an object, if it could be read again. */
  ByteBuffer write(String attribute, Object object) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(object);
    } catch (IOException e) {
      throw new SessionValueException(attribute, "the object cannot be serialized", e);
    }
    ByteBuffer stored = ByteBuffer.wrap(bytes.toByteArray()).asReadOnlyBuffer();
    read(attribute, stored);
    return stored;
  }

  Object read(String attribute, ByteBuffer bytes) {
    try (ObjectInputStream in = new AllowedInputStream(new ByteArrayInputStream(Values.array(bytes)))) {
      in.setObjectInputFilter(allowed);
      return in.readObject();
    } catch (IOException | ClassNotFoundException | RuntimeException e) {
      throw new SessionValueException(attribute, "the object has a class that is not allowed, or cannot be read", e);
    }
  }

  /** Finds classes where the application has its own. */
  private static final class AllowedInputStream extends ObjectInputStream {
    AllowedInputStream(InputStream in) throws IOException {
      super(in);
    }

    @Override
    protected Class<?> resolveClass(ObjectStreamClass description) throws IOException, ClassNotFoundException {
      ClassLoader loader = Thread.currentThread().getContextClassLoader();
      if (loader != null) {
        try {
          return Class.forName(description.getName(), false, loader);
        } catch (ClassNotFoundException e) {
          // of the JDK: primitive types are found by the superclass only
        }
      }
      return super.resolveClass(description);
    }
  }
}

package memcachedsoap.spring;

import java.util.List;
import java.util.Objects;
import org.springframework.security.core.AuthenticatedPrincipal;

/**
 * The user of a shared login. Two of them are equal if they have the same name.
 */
public final class SharedUser implements AuthenticatedPrincipal {
  private final String uid;
  private final String displayName;
  private final String mail;
  private final List<String> groups;
  private final int authenticationLevel;

  SharedUser(String uid, String displayName, String mail, List<String> groups, int authenticationLevel) {
    this.uid = uid;
    this.displayName = displayName;
    this.mail = mail;
    this.groups = List.copyOf(groups);
    this.authenticationLevel = authenticationLevel;
  }

  /** Returns the attribute uid. */
  @Override
  public String getName() {
    return uid;
  }

  /** Returns the attribute cn; null if there is none. */
  public String getDisplayName() {
    return displayName;
  }

  /** Returns the attribute mail; null if there is none. */
  public String getMail() {
    return mail;
  }

  /** Returns the attribute groups. */
  public List<String> getGroups() {
    return groups;
  }

  /** Returns the attribute authenticationLevel: a higher one is a stronger login; 0 if there is none. */
  public int getAuthenticationLevel() {
    return authenticationLevel;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SharedUser && uid.equals(((SharedUser) other).uid);
  }

  @Override
  public int hashCode() {
    return Objects.hash(uid);
  }

  @Override
  public String toString() {
    return uid;
  }
}

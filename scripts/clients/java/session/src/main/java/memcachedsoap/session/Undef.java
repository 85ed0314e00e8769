package memcachedsoap.session;

/**
 * The value of an attribute that is present and has no value: Perl's undef, PHP's null. The API of HTTP sessions takes
 * null for the removal of an attribute; this value stores one. It is read as null.
 */
public enum Undef {
  /** The only value. */
  UNDEF
}

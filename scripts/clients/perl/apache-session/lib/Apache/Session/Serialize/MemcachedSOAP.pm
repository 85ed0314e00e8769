package Apache::Session::Serialize::MemcachedSOAP;

use strict;
use warnings;

our $VERSION = '1.00';

# The store writes each attribute by itself, so there is nothing to serialize.

sub serialize   { return }
sub unserialize { return }

1;

__END__

=encoding utf8

=head1 NAME

Apache::Session::Serialize::MemcachedSOAP - leaves the session as it is, for Apache::Session::Store::MemcachedSOAP

=head1 FUNCTIONS

=head2 serialize, unserialize

Do nothing: the store writes the attributes one by one.

=cut

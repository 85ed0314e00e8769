package Apache::Session::Generate::MemcachedSOAP;

use strict;
use warnings;

our $VERSION = '1.00';

use MemcachedSOAP::Store;

sub generate {
    my ($session) = @_;
    $session->{data}{_session_id} = MemcachedSOAP::Store::new_id();
    return;
}

sub validate {
    my ($session) = @_;
    ( $session->{data}{_session_id} ) = ( $session->{data}{_session_id} // '' ) =~ /\A([0-9a-f]{32,64})\z/
        or die 'Invalid session ID';
    return;
}

1;

__END__

=encoding utf8

=head1 NAME

Apache::Session::Generate::MemcachedSOAP - ids of 32 hexadecimal digits

=head1 FUNCTIONS

=head2 generate($session)

Sets a new id of the system's random numbers.

=head2 validate($session)

Dies with C<Invalid session ID> if the id is not 32 to 64 of the digits 0 to 9 and a to f.

=cut

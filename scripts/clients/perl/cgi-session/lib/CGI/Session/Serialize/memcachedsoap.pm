package CGI::Session::Serialize::memcachedsoap;

use strict;
use warnings;

our $VERSION = '1.00';

use parent 'CGI::Session::ErrorHandler';

# CGI::Session passes what the driver has read to the serializer as a string, so the driver leaves the content here and
# passes the name of the place. It is taken at once: only the last one is kept.
my ( $place, $content, $last );

sub offer {
    my ( $class, $data ) = @_;
    ( $place, $content ) = ( 'memcachedsoap:' . ++$last, $data );
    return $place;
}

sub freeze {
    my ( $class, $data ) = @_;
    return $data;
}

sub thaw {
    my ( $class, $string ) = @_;
    return $class->set_error('thaw(): use driver:memcachedsoap with serializer:memcachedsoap')
      if !defined $place || $string ne $place;
    my $data = $content;
    undef $_ for $place, $content;
    return $data;
}

1;

__END__

=encoding utf8

=head1 NAME

CGI::Session::Serialize::memcachedsoap - passes the session to CGI::Session::Driver::memcachedsoap as it is

=head1 METHODS

=head2 offer($data), thaw($place)

The driver offers content, and gets the name of a place; C<thaw> takes the content from there.

=head2 freeze($data)

Returns the content as it is: the driver writes each attribute by itself.

=cut

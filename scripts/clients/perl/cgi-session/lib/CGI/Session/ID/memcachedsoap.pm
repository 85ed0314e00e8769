package CGI::Session::ID::memcachedsoap;

use strict;
use warnings;

our $VERSION = '1.00';

use parent 'CGI::Session::ErrorHandler';

use MemcachedSOAP::Store;

sub generate_id { return MemcachedSOAP::Store::new_id() }

1;

__END__

=encoding utf8

=head1 NAME

CGI::Session::ID::memcachedsoap - ids of 32 hexadecimal digits

=head1 METHODS

=head2 generate_id

A new id of the system's random numbers.

=cut

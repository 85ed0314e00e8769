package MemcachedSOAPClass;

# A simple session service with SOAP::Lite, with which cgibench compares the
# service.

use strict;
use warnings;
use Cache::Memcached;
use Digest::MD5 qw(md5_hex);
use SOAP::Lite;

# A FastCGI process keeps its connection to memcached.
my $cache;

sub cache { return $cache ||= Cache::Memcached->new( { servers => [ $ENV{MEMCACHED} ] } ) }

sub status { return '...... MEMCACHED SOAP OK ......' }

sub getSession {
    my ( $class, $id ) = @_;
    die "Invalid session ID: $id\n" if $id !~ /^[0-9a-fA-F]+$/;
    return cache()->get($id) || {};
}

sub setSession {
    my ( $class, @pairs ) = @_;
    my %session = @pairs;
    my $id = $session{_session_id} ||= md5_hex( rand() . $$ . time );
    cache()->set( $id, \%session ) or die "not stored\n";
    return $id;
}

1;

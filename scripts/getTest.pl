#!/usr/bin/perl
# Prints a session, as a program of the Perl CGI gets it.
#
# Usage: getTest.pl [ID [HOST]]
#
# HOST is host:port, or the URL of the endpoint. Without it MEMCACHEDSOAP_URL
# decides, and without that it is 127.0.0.1:8080. A session that is absent has
# no attributes. Without an ID, or with an empty one, the service books a new
# session, which is printed.
use strict;
use warnings;
use Data::Dumper;
use SOAP::Lite;

my $id   = shift;
my $host = shift // $ENV{MEMCACHEDSOAP_URL} // '127.0.0.1:8080';
my $url  = $host =~ m{^https?://} ? $host : "http://$host/cgi-bin/MemcachedSOAP.cgi";

my $answer = SOAP::Lite->uri('urn:MemcachedSOAPClass')->proxy($url)->getSession( defined $id ? $id : () );
die 'ERROR ( ' . $answer->faultcode . ' ) OCCURRED : ' . $answer->faultstring . "\n" if $answer->fault;

my $session = $answer->result || {};    # an absent one is the empty string
local ( $Data::Dumper::Terse, $Data::Dumper::Indent, $Data::Dumper::Sortkeys ) = ( 1, 0, 1 );
print "Attributes of the session:\n";
for my $name ( sort keys %$session ) {
    my $value = $session->{$name};
    print "$name = ", ( defined $value && !ref $value ? $value : Dumper($value) ), "\n";
}

#!/usr/bin/perl
# Prints a session that it reads through the interface of the Perl CGI.
#
# Usage: getTest.pl [ID [HOST]]
#
# HOST is host:port or the URL of the endpoint. The default is the variable
# MEMCACHEDSOAP_URL, then 127.0.0.1:8080.
# An absent session has no attributes. Without an ID, or with an empty one, the
# service creates a new session (unless it runs with --no-legacy-booking).
use strict;
use warnings;
use Data::Dumper;
use SOAP::Lite;

my $id   = shift;
my $host = shift // $ENV{MEMCACHEDSOAP_URL} // '127.0.0.1:8080';
my $url  = $host =~ m{^https?://} ? $host : "http://$host/cgi-bin/MemcachedSOAP.cgi";

my $answer = SOAP::Lite->uri('urn:MemcachedSOAPClass')->proxy($url)->getSession( defined $id ? $id : () );
die 'ERROR ( ' . $answer->faultcode . ' ) OCCURRED : ' . $answer->faultstring . "\n" if $answer->fault;

my $session = $answer->result || {};    # the result is the empty string if the session is absent
local ( $Data::Dumper::Terse, $Data::Dumper::Indent, $Data::Dumper::Sortkeys ) = ( 1, 0, 1 );
print "Attributes of the session:\n";
for my $name ( sort keys %$session ) {
    my $value = $session->{$name};
    print "$name = ", ( defined $value && !ref $value ? $value : Dumper($value) ), "\n";
}

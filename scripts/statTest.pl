#!/usr/bin/perl
# Asks the service, as a program of the Perl CGI does, whether it is well.
#
# Usage: statTest.pl [HOST]
#
# HOST is host:port, or the URL of the endpoint. Without it MEMCACHEDSOAP_URL
# decides, and without that it is 127.0.0.1:8080.
use strict;
use warnings;
use SOAP::Lite;

my $host = shift // $ENV{MEMCACHEDSOAP_URL} // '127.0.0.1:8080';
my $url  = $host =~ m{^https?://} ? $host : "http://$host/cgi-bin/MemcachedSOAP.cgi";

my $answer = SOAP::Lite->uri('urn:MemcachedSOAPClass')->proxy($url)->status;
die 'ERROR ( ' . $answer->faultcode . ' ) OCCURRED : ' . $answer->faultstring . "\n" if $answer->fault;
print $answer->result, "\n";

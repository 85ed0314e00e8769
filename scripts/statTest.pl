#!/usr/bin/perl
# Checks whether the service and its memcached answer, through the interface of
# the Perl CGI.
#
# Usage: statTest.pl [HOST]
#
# HOST is host:port or the URL of the endpoint. The default is the variable
# MEMCACHEDSOAP_URL, then 127.0.0.1:8080.
use strict;
use warnings;
use SOAP::Lite;

my $host = shift // $ENV{MEMCACHEDSOAP_URL} // '127.0.0.1:8080';
my $url  = $host =~ m{^https?://} ? $host : "http://$host/cgi-bin/MemcachedSOAP.cgi";

my $answer = SOAP::Lite->uri('urn:MemcachedSOAPClass')->proxy($url)->status;
die 'ERROR ( ' . $answer->faultcode . ' ) OCCURRED : ' . $answer->faultstring . "\n" if $answer->fault;
print $answer->result, "\n";

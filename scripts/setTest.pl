#!/usr/bin/perl
# Stores a new session of 24 attributes through the interface of the Perl CGI.
# Prints the session that the service returns: it has 25 attributes, because the
# service adds the id.
#
# Usage: setTest.pl [HOST]
#
# HOST is host:port or the URL of the endpoint. The default is the variable
# MEMCACHEDSOAP_URL, then 127.0.0.1:8080.
use strict;
use warnings;
use SOAP::Lite;

my $host = shift // $ENV{MEMCACHEDSOAP_URL} // '127.0.0.1:8080';
my $url  = $host =~ m{^https?://} ? $host : "http://$host/cgi-bin/MemcachedSOAP.cgi";
my $soap = SOAP::Lite->uri('urn:MemcachedSOAPClass')->proxy($url);

sub result {
    my ($answer) = @_;
    die 'ERROR ( ' . $answer->faultcode . ' ) OCCURRED : ' . $answer->faultstring . "\n" if $answer->fault;
    return $answer->result;
}

my %attributes = (
    departement        => 'aaaaa',
    dgi                => 'bbbbb',
    dn                 => 'ccccc',
    fonction           => 'ddddd',
    liste_applications => 'eeeee',
    mail               => 'fffff',
    personaltitle      => 'ggggg',
    profil_aptera      => 'hhhhh',
    profil_gap         => 'iiiiii',
    profil_gdp         => 'jjjjj',
    profil_geide       => 'kkkkk',
    profil_ghe         => 'lllllll',
    profil_rce         => 'mmmm',
    profil_seq         => 'nnnn',
    uid                => "Le Vengeur Masqu\xe9",    # one byte that is not ASCII
    APT_APT            => '00000',
    APT_GPE            => '11111',
    APT_IL2            => '22222',
    APT_RCE            => '33333',
    APT_ZRB            => '44444',
    affectation        => '66666',
    boitier            => '77777',
    cn                 => '88888',
    codique            => '99999',
);

my $id      = result( $soap->setSession(%attributes) );
my $session = result( $soap->getSession($id) ) || {};
print "Attributes of the session:\n";
print "$_ = $session->{$_}\n" for sort keys %$session;

use strict;
use warnings;

# The suite that CGI::Session has for drivers, as it is.

use CGI::Session;
use CGI::Session::Test::Default;
use Test::More;

my $url   = $ENV{SOAP_URL} or die "SOAP_URL is not set\n";
my $suite = CGI::Session::Test::Default->new(
    dsn  => 'driver:memcachedsoap;serializer:memcachedsoap;id:memcachedsoap',
    args => {
        url         => $url,
        timeout     => 10,
        store_empty => 1,                                                           # the suite looks for empty sessions
        objects     => [qw(CGI::Session::Test::SimpleObjectClass OverloadedClass)],
    },
);
plan tests => $suite->number_of_tests;
$suite->run;

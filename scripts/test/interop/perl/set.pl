# Usage: set.pl ENDPOINT ID
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Fixture;
use Sessions;

my ( $endpoint, $id ) = @ARGV;
my $ref = Sessions->new($endpoint)->set( $id, Fixture::session(), 3600 );
$ref->{id} eq $id or die "the id is $ref->{id}";
$ref->{expiresIn} == 3600 or die "it lives $ref->{expiresIn} seconds";

# Reads sessions without the service, as Perl programs do. It changes all values to
# check that they can be changed, and stores the sessions again as they were.
# Usage: memcached-get.pl SERVER,... ID...
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Cache::Memcached;
use Fixture;

my ( $servers, @ids ) = @ARGV;
my $cache = Cache::Memcached->new( { servers => [ split /,/, $servers ] } );
for my $id (@ids) {
    my $session = $cache->get($id) or die "$id is absent\n";
    my $own     = delete $session->{_session_id};
    defined $own && $own eq $id or die "$id has a wrong _session_id\n";
    my $difference = Fixture::difference( $session, Fixture::session() );
    die "$id differs at $difference\n" if defined $difference;
    change($session);
    $cache->set( $id, { %{ $cache->get($id) } }, 3600 ) or die "$id is not stored again\n";
}

# Assigns to every value and deletes it. Perl dies at a read-only value.
sub change {
    my ($value) = @_;
    if ( ref $value eq 'HASH' ) {
        for my $key ( keys %$value ) {
            change( $value->{$key} );
            $value->{$key} = 'changed';
            delete $value->{$key};
            $value->{$key} = 'put back';
        }
        %$value = ();
    }
    elsif ( ref $value eq 'ARRAY' ) {
        change($_) for @$value;
        $_ .= 'changed' for grep { defined } @$value;
        $_ = 'changed'  for @$value;
        @$value = ();
    }
}

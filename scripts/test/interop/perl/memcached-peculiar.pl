# Stores sessions with values that only Perl has.
# Usage: memcached-peculiar.pl SERVER,...
use strict;
use warnings;
use Cache::Memcached;
use Storable ();
use Tie::Hash;
use utf8;

$Storable::Deparse = $Storable::Deparse = 1;    # twice, to avoid a warning
my $cache = Cache::Memcached->new( { servers => [ split /,/, $ARGV[0] ] } );

sub put {
    my ( $id, $attributes ) = @_;
    $attributes->{_session_id} = $id;
    $cache->set( $id, $attributes, 3600 ) or die "$id is not stored\n";
}

# Readable: 5e...
my $shared = ['shared'];
my $latin1 = 'Zoë';
utf8::downgrade($latin1);
my $utf8 = 'Zoë';
utf8::encode($utf8);
put(
    '5e01',
    {
        integer  => 42,
        negative => -1,
        large    => 9007199254740993,
        float    => 0.25,
        true     => 1 == 1,
        false    => 1 == 0,
        undef    => undef,
        text     => 'Zoë 漢字',
        latin1   => $latin1,
        utf8     => $utf8,
        first    => $shared,
        second   => $shared,
        scalar   => \'referred to',
        long     => 'x' x 300,
        nested   => [ [ [ { a => [ {} ] } ] ] ],
        'ключ'   => 'Cyrillic key',
        object   => bless( { of => 'an object' }, 'My::Class' ),
    }
);
put( '5e02', bless { user => bless( ['dwho'], 'My::User' ), name => 'an object' }, 'My::Session' );

# Unreadable: bad...
tie my %tied, 'Tie::StdHash';
$tied{a} = 1;
my $circle = { a => 1 };
$circle->{self} = $circle;
put( 'bad1', { code   => sub { 42 } } );
put( 'bad2', { tied   => \%tied } );
put( 'bad3', { circle => $circle } );
$cache->set( 'bad4', 'a string' );
$cache->set( 'bad5', ['a list'] );

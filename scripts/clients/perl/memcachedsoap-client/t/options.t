use strict;
use warnings;
use utf8;

use Test::More;

use MemcachedSOAP::Login;
use MemcachedSOAP::Names;
use MemcachedSOAP::Store;

my %wrong = (
    ttl      => '-2',
    lifetime => 0,
    timeout  => 'soon',
    text     => 'latin1',
    booleans => 'yes',
    shared   => 'uid',
    exact    => 'n',
    objects  => 'Point',
    prefix   => 'a/b',
    url      => 'file:///etc',
    color    => 'red',
);

for my $name ( sort keys %wrong ) {
    ok( !eval { MemcachedSOAP::Store->new( $name => $wrong{$name} ); 1 }, "a wrong option $name is an error" );
    like( $@, qr/\b$name\b/, 'which names it' );
}
ok( !eval { MemcachedSOAP::Store->new( shared => [$_] ) }, "$_ cannot be shared" )
    for qw(_session_id _session_end uid_MD5 _session_kind _lastSeen);
ok( MemcachedSOAP::Store->new( ttl => $_ ), "a ttl of $_" ) for -1, 0, 1, 3600;

my @one = map {
    MemcachedSOAP::Store->instance( prefix => 'a', log => sub { } )
} 1 .. 2;
is( $one[0], $one[1], 'one store for equal options' );
isnt( MemcachedSOAP::Store->instance( prefix => 'b' ), $one[0], 'another one for others' );

my %ids = map { MemcachedSOAP::Store::new_id() => 1 } 1 .. 1000;
is( keys %ids,                                        1000, 'new ids differ' );
is( scalar( grep { !/\A[0-9a-f]{32}\z/ } keys %ids ), 0,    'and have the form' );
ok( MemcachedSOAP::Store::valid_id( 'a' x $_ ), "$_ digits are valid" ) for 32, 40, 64;
my $digits = 'a' x 32;
ok( !MemcachedSOAP::Store::valid_id($_), 'an invalid id' )
    for undef, '', 'deadbeef', 'a' x 31, 'a' x 65, uc $digits, 'g' x 32, "$digits\n", "$digits\0", "$digits/..",
    [$digits],
    'é' x 32, "s:$digits", '٣' x 32;

my $names = MemcachedSOAP::Names->new( prefix => 'shop', shared => ['lang'] );
is( $names->stored('cart'),      'shop/cart',      'a private name' );
is( $names->stored('uid'),       'uid',            'a name of the login' );
is( $names->stored('lang'),      'lang',           'a shared name' );
is( $names->stored('shop/cart'), 'shop/shop/cart', 'a name with a slash' );
is( $names->stored($_), undef, "$_ is reserved" ) for qw(_session_id _session_end _session_kind _lastSeen uid_MD5);
is( $names->key('shop/cart'), 'cart', 'a private attribute' );
is( $names->key('lang'),      'lang', 'a shared attribute' );
is( $names->key($_),          undef,  "$_ is not visible" )
    for qw(cart other/cart shop shop/uid shop/lang _session_end uid_MD5 shop/_lastSeen);
my $all = MemcachedSOAP::Names->new;
is( $all->stored('cart'),       'cart',          'without a prefix names are as they are' );
is( $all->key('other/cart'),    'other/cart',    'and all are visible' );
is( $all->key('_session_kind'), '_session_kind', 'also those of LemonLDAP::NG' );
is( $all->key('_session_end'),  undef,           'but not those of the service' );

my %login = MemcachedSOAP::Login::attributes( uid => 'dwho', groups => ['users'], color => 'red' );
is_deeply( [ sort keys %login ], [qw(_utime authenticationLevel groups uid)], 'the attributes of a login' );
cmp_ok( abs( $login{_utime} - time ), '<', 5, 'with the time' );
is( MemcachedSOAP::Login::user($_), undef, 'nobody' ) for { }
, { uid => '' }, { uid => undef }, { uid => ['x'] };
is_deeply( MemcachedSOAP::Login::user( \%login ), { uid => 'dwho', groups => ['users'] }, 'the user' );
is_deeply( MemcachedSOAP::Login::user( { uid => 'a', groups => 'x; y;z' } )->{groups},
    [qw(x y z)], 'groups of LemonLDAP::NG' );
is_deeply( MemcachedSOAP::Login::user( { uid => 'a', groups => { x => 1 } } )->{groups}, [],
    'groups that are no list' );

done_testing;

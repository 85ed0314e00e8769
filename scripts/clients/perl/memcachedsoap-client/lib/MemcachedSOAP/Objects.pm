package MemcachedSOAP::Objects;

use strict;
use warnings;
no warnings 'recursion';

our $VERSION = '1.00';

use Scalar::Util ();

use MemcachedSOAP::Fault;

# What objects begin with. The first byte is never in UTF-8, so the service does not take them for text.
use constant MAGIC => "\xffmemcachedsoap-perl-objects-1\n";

sub new {
    my ( $class, @classes ) = @_;
    return bless { classes => { map { $_ => 1 } @classes } }, $class;
}

sub allowed { return $_[0]{classes}{ $_[1] } }

# flatten makes a list of everything that the value refers to, [ type, class, content ], in which references are
# places in the list, [ place ].
sub flatten {
    my ( $self, $value, $key, $is_scalar ) = @_;
    my $refuse = sub {
        MemcachedSOAP::Fault->throw( 'RefusedValue', "the value of $key cannot be stored: it has $_[0]" );
    };
    my $graph = { nodes => [], places => {}, refuse => $refuse, is_scalar => $is_scalar };
    my $root  = $self->_add( $graph, $value );
    return [ $root, $graph->{nodes} ];
}

# _add returns what stands for a value: [ place ] for a reference, else the value.
sub _add {
    my ( $self, $graph, $value ) = @_;
    return $value if $graph->{is_scalar}->($value);
    my $address = Scalar::Util::refaddr($value);
    return [ $graph->{places}{$address} ] if exists $graph->{places}{$address};
    my ( $class, $type ) = ( Scalar::Util::blessed($value), Scalar::Util::reftype($value) );
    $graph->{refuse}->("an object of the class $class") if defined $class && !$self->allowed($class);
    my $node = [ $type, $class, undef ];
    push @{ $graph->{nodes} }, $node;
    my $place = $graph->{places}{$address} = $#{ $graph->{nodes} };
    no overloading;    # what the value is made of, not what its class makes of it

    if ( $type eq 'ARRAY' ) {
        $node->[2] = [ map { $self->_add( $graph, $_ ) } @$value ];
    }
    elsif ( $type eq 'HASH' ) {
        $node->[2] = { map { $_ => $self->_add( $graph, $value->{$_} ) } keys %$value };
    }
    elsif ( $type eq 'SCALAR' || $type eq 'REF' ) {
        $node->[2] = $self->_add( $graph, $$value );
    }
    else {
        $graph->{refuse}->( $type eq 'CODE' ? 'a reference to a function' : "a reference to $type" );
    }
    return [$place];
}

# restore returns true and the value of a list that flatten made, if its classes are all allowed.
sub restore {
    my ( $self, $graph ) = @_;
    return if ref $graph ne 'ARRAY' || @$graph != 2 || ref $graph->[1] ne 'ARRAY';
    my ( $root, $nodes ) = @$graph;
    my @made;
    for my $node (@$nodes) {
        return if ref $node ne 'ARRAY' || @$node != 3;
        my ( $type, $class, $content ) = @$node;
        return if defined $class                          && !$self->allowed($class);
        return if ( $type eq 'ARRAY' || $type eq 'HASH' ) && ref $content ne $type;
        my $empty =
            $type eq 'ARRAY' ? [] : $type eq 'HASH' ? {} : $type eq 'SCALAR' || $type eq 'REF' ? \( my $s ) : undef;
        return if !$empty;
        push @made, $empty;
    }
    my $value = sub {
        my ($stored) = @_;
        return ref $stored eq 'ARRAY' ? $made[ $stored->[0] ] : $stored;
    };
    for my $place ( 0 .. $#made ) {
        my ( $content, $target ) = ( $nodes->[$place][2], $made[$place] );
        if ( ref $target eq 'ARRAY' ) {
            @$target = map { $value->($_) } @$content;
        }
        elsif ( ref $target eq 'HASH' ) {
            %$target = map { $_ => $value->( $content->{$_} ) } keys %$content;
        }
        else { $$target = $value->($content) }
    }
    for my $place ( 0 .. $#made ) {
        bless $made[$place], $nodes->[$place][1] if defined $nodes->[$place][1];
    }
    return ( 1, $value->($root) );
}

1;

__END__

=encoding utf8

=head1 NAME

MemcachedSOAP::Objects - objects of Perl classes in a session

=head1 DESCRIPTION

Objects are for Perl programs alone: programs in other languages see bytes. Only objects of the classes that
the program has allowed by name are stored and read; subclasses need their own names. An attribute with an object of
another class is refused when it is written, and stays bytes when it is read. Neither writing nor reading calls code of
the class. Reading makes objects of it, so Perl calls its C<DESTROY> later: allow a class only if it does no harm with
content that another program wrote. References to the same object inside of one attribute stay the same; an object may
contain itself.

=head1 METHODS

=head2 new(@classes)

The names of the allowed classes.

=head2 allowed($class)

Whether a class is allowed.

=head2 flatten($value, $key, $is_scalar)

What a value is made of, as a list without objects. The fault C<RefusedValue> names the key if an object is of a class
that is not allowed. C<$is_scalar> is a function that says whether a value is stored as it is.

=head2 restore($list)

True and the value of such a list, or an empty list: it is damaged, or has objects of other classes.

=cut

# A number or a boolean with its type, which a Perl scalar does not have. As a string, a
# number or a condition it is its value.
package Typed;
use strict;
use warnings;
use overload
  '""'     => sub { $_[0]{value} },
  '0+'     => sub { $_[0]{value} eq 'true' ? 1 : $_[0]{value} eq 'false' ? 0 : $_[0]{value} },
  'bool'   => sub { $_[0]{value} ne 'false' && $_[0]{value} ne '0' },
  fallback => 1;

# new returns a value of the type int, double or boolean. A boolean is true or false.
sub new {
    my ( $class, $type, $value ) = @_;
    return bless { type => $type, value => $value }, $class;
}

sub type  { return $_[0]{type} }
sub value { return $_[0]{value} }

1;

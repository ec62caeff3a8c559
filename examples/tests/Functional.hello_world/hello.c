/* Greets who is named, and says so in a line that log_compare finds. */
#include <stdio.h>

int main(int argc, char **argv)
{
	if (argc != 2) {
		puts("FAILURE: nobody to greet");
		return 1;
	}
	printf("Hello, %s!\nSUCCESS: greeted\n", argv[1]);
	return 0;
}

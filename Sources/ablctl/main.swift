internal import Administration

Ablctl.main()
